import type { Channel } from '../contracts/channel.ts';
import type { MessageContract } from '../contracts/contract.ts';
import type { ClaimCheck } from './claim-check.ts';
import { type AddressedDraft, type CommandContext, type Draft, outboxRowOf, subjectOf } from './draft.ts';
import type { LaterMessages } from './later/waiting.ts';
import type { OutboxRow, TransactItem } from './outbox.ts';
import { waitingItem } from './queue-writes.ts';
import { versionedPut } from './versioned-put.ts';

/** An aggregate's state: an item of its table. Each of its events raises the version by 1. */
export interface Versioned {
  version: number;
}

/** A state as a decision returns it: the publisher gives it its version. */
type Unversioned<State> = State extends unknown ? Omit<State, 'version'> : never;

/**
 * What a command makes of an aggregate.
 * @public
 */
export interface Decision<
  State extends Versioned,
  Event extends MessageContract = MessageContract,
  Beside extends string = never,
> {
  /** The whole state, which takes the place of the one before. */
  state: Unversioned<State>;
  /** What happened, in order: each has a version of its own. At least one is for now: the state changes with it. */
  events: readonly [Draft<Event>, ...Draft<Event>[]];
  /** To queues: commands, in order for each subject where the queue keeps it. */
  send?: readonly AddressedDraft[];
  /** Guards, marks, indexes, checks of the service, by names of its own: one that refuses is told by its name. */
  beside?: Readonly<Record<Beside, TransactItem>>;
}

interface Places {
  source: string;
  table: string;
  key: (id: string) => Record<string, string>;
  later: LaterMessages | undefined;
  claimCheck: ClaimCheck | undefined;
}

/** What a decision about an aggregate of a topic commits. */
export function commitsOf<State extends Versioned, Topic extends Channel>(
  topic: Topic,
  { source, table, key, later, claimCheck }: Places,
) {
  type Event = Topic['messages'][number];

  const rowsOf = (id: string, before: number, events: readonly Draft[], context: CommandContext): OutboxRow[] =>
    events.map((event, index) => {
      const placing = { source, subject: id, aggregateId: id, version: before + 1 + index };
      const row = outboxRowOf(topic, event, placing, context, claimCheck);
      return topic.large && event.contract.erases ? { ...row, erases: true } : row;
    });

  /** Events for later take their versions when they are due; whoever is erased leaves nothing that waited when it was read. */
  async function waitingOf(
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

  /** A decision as what is to be committed, and the state that follows. */
  async function commitOf<Beside extends string>(
    id: string,
    before: number,
    decision: Decision<State, Event, Beside>,
    context: CommandContext,
  ) {
    const { state, events, send, beside } = decision;
    checkErasing(id, events);
    const now = events.filter(({ later }) => !later);
    if (now.length === 0)
      throw new Error(`${id} of ${topic.name}: a state changes with an event, and all are for later`);
    const next = { ...state, version: before + now.length } as unknown as State;
    const put = versionedPut(table, key(id), next, before);
    const rows = rowsOf(id, before, now, context);
    await claimCheck?.keep(rows);
    const waiting = await waitingOf(id, decision, context);
    return { commit: { put, rows, waiting, ...(send && { send }), ...(beside && { beside }) }, next };
  }

  return commitOf;
}

/** What waits under the name of a command for later. One without a name replaces nothing, unless it has an id of its own. */
function replacedBy(command: AddressedDraft, later: LaterMessages): TransactItem[] {
  const name = command.later && (command.later.name ?? command.id);
  return name === undefined ? [] : [later.removing({ subject: subjectOf(command), name })];
}

/** @throws {Error} if an event erases later: what waits about its aggregate then would stay */
function checkErasing(id: string, events: readonly Draft[]): void {
  const late = events.find(({ contract, later }) => contract.erases && later);
  if (late)
    throw new Error(
      `${late.contract.type} erases ${id}, and is for later, when nothing would erase what waits about it: send a command to yourself for later instead`,
    );
}
