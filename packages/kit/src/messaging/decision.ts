import type { Channel } from '../contracts/channel.ts';
import type { MessageContract } from '../contracts/contract.ts';
import type { ClaimCheck } from './claim-check.ts';
import { type AddressedDraft, type CommandContext, type Draft, outboxRowOf, subjectOf } from './draft.ts';
import type { LaterMessages } from './later/waiting.ts';
import type { OutboxRow, TransactItem } from './outbox.ts';
import { waitingItem } from './queue-writes.ts';
import { versionedPut } from './versioned-put.ts';

/** An aggregate's state, which is an item of a table. Each event of the aggregate raises `version` by 1. */
export interface Versioned {
  version: number;
}

/** The state in a decision. It has no version, because the publisher sets the version. */
type Unversioned<State> = State extends unknown ? Omit<State, 'version'> : never;

/**
 * A service's decision about an aggregate: its new state, and the messages and other writes to commit with the state.
 * @public
 */
export interface Decision<
  State extends Versioned,
  Event extends MessageContract = MessageContract,
  Beside extends string = never,
> {
  /** The whole new state, which replaces the previous state. */
  state: Unversioned<State>;
  /**
   * Events in order. An event that is sent immediately gets the next version, and a scheduled event gets its version
   * when it is due. At least one event must be sent immediately, because the commit of a new state must raise the
   * version, and a scheduled event does not raise the version until it is due.
   */
  events: readonly [Draft<Event>, ...Draft<Event>[]];
  /** Messages to queues: commands, in order per subject if the queue preserves order. */
  send?: readonly AddressedDraft[];
  /**
   * Further writes of the transaction (uniqueness guards, indexes, condition checks), by names that the service
   * chooses. If the condition of a write fails, the result contains the name of the write.
   */
  beside?: Readonly<Record<Beside, TransactItem>>;
}

interface CommitsOptions {
  source: string;
  table: string;
  key: (id: string) => Record<string, string>;
  later: LaterMessages | undefined;
  claimCheck: ClaimCheck | undefined;
}

/** Creates a function that converts decisions about aggregates of a topic to commits. */
export function commitsOf<State extends Versioned, Topic extends Channel>(
  topic: Topic,
  { source, table, key, later, claimCheck }: CommitsOptions,
) {
  type Event = Topic['messages'][number];

  const rowsOf = (id: string, before: number, events: readonly Draft[], context: CommandContext): OutboxRow[] =>
    events.map((event, index) => {
      const placing = { source, subject: id, aggregateId: id, version: before + 1 + index };
      const row = outboxRowOf(topic, event, placing, context, claimCheck);
      return topic.large && event.contract.erases ? { ...row, erases: true } : row;
    });

  /**
   * The writes that schedule events. A scheduled event gets its version when it is due. If an event erases the subject,
   * the writes also delete all messages that are scheduled about the subject.
   */
  async function scheduledWrites(
    id: string,
    { events, send = [], beside = {} }: Decision<State, Event, string>,
    context: CommandContext,
  ): Promise<TransactItem[]> {
    const counter = { table, key: key(id), attribute: 'version' } as const;
    const placing = { source, subject: id, aggregateId: id, counter };
    const puts = events.filter(({ later }) => later).map((event) => waitingItem(later, topic, event, placing, context));
    const isErased = events.some(({ contract }) => contract.erases);
    if (!isErased || !later) return puts;
    const others = [...puts, ...Object.values(beside), ...send.flatMap((command) => replacedBy(command, later))];
    return [...puts, ...later.once(await later.erasing(id), others)];
  }

  /** Converts a decision into a commit and the resulting state. Stores the data of large messages before the commit. */
  async function commitOf<Beside extends string>(
    id: string,
    before: number,
    decision: Decision<State, Event, Beside>,
    context: CommandContext,
  ) {
    const { state, events, send, beside } = decision;
    checkErasing(id, events);
    const immediate = events.filter(({ later }) => !later);
    if (immediate.length === 0)
      throw new Error(`${id} of ${topic.name}: a state change needs an event, but all events are scheduled for later`);
    const next = { ...state, version: before + immediate.length } as unknown as State;
    const put = versionedPut(table, key(id), next, before);
    const rows = rowsOf(id, before, immediate, context);
    await claimCheck?.keep(rows);
    const waiting = await scheduledWrites(id, decision, context);
    return { commit: { put, rows, waiting, ...(send && { send }), ...(beside && { beside }) }, next };
  }

  return commitOf;
}

/**
 * Identifies the scheduled message that a scheduled command may replace, by its deletion. The deletion is not executed:
 * `once` compares it with the deletions of the erasure. The message has the command's name or, without a name, its id.
 * Empty if the command is not scheduled, or has neither a name nor an id.
 */
function replacedBy(command: AddressedDraft, later: LaterMessages): TransactItem[] {
  const name = command.later && (command.later.name ?? command.id);
  return name === undefined ? [] : [later.removing({ subject: subjectOf(command), name })];
}

/**
 * @throws {Error} if an erasing event is scheduled, because scheduled messages about its aggregate would not be deleted
 */
function checkErasing(id: string, events: readonly Draft[]): void {
  const scheduledErasure = events.find(({ contract, later }) => contract.erases && later);
  if (scheduledErasure)
    throw new Error(
      `${scheduledErasure.contract.type} erases ${id} and cannot be scheduled, because scheduled messages about ${id} would not be deleted: schedule a command to the service itself instead`,
    );
}
