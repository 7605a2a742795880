import { PutCommand, TransactWriteCommand } from '@aws-sdk/lib-dynamodb';
import { type Channel, sendersOfType } from '../../contracts/channel.ts';
import { waitingPut } from '../../messaging/later/waiting.ts';
import { createMessage, type Message } from '../../messaging/message.ts';
import { outboxPut, type TransactItem } from '../../messaging/outbox.ts';
import { outgoing } from '../../messaging/outgoing.ts';
import type { Choices } from './choices.ts';
import type { ToPublish } from './model.ts';
import type { Scheduler } from './scheduler.ts';
import type { Change } from './table.ts';
import type { Tables } from './tables.ts';

export const OUTBOX = 'outbox';
/** Table of scheduled messages. */
export const LATER = 'later';
/** Table of counters. A counter numbers the messages of a group that has scheduled messages. */
const POSITIONS = 'positions';

const TIMEOUT_MS = 10_000;

export interface PublishingOptions {
  scheduler: Scheduler;
  choices: Choices;
  tables: Tables;
  /** All channels on which a message may be published. */
  channels: readonly Channel[];
  onViolation: (what: string) => void;
}

type Planned = ToPublish & { channel: Channel };

/** Commits the messages of `Model.publish`: in order for each channel and subject, and otherwise in any order. */
export class Publishing {
  /** Committed messages and their channels. A scheduled message is added when the sweep moves it to the outbox. */
  readonly published: Array<{ channel: string; message: Message }> = [];
  readonly #options: PublishingOptions;
  readonly #waiting: Map<string, Planned[]>;
  readonly #versions = new Map<string, number>();
  /** Groups with scheduled messages. The table {@link POSITIONS} has a counter for each of these groups. */
  readonly #counted: ReadonlySet<string>;
  /** Scheduled messages by id, with their due times. */
  readonly #later = new Map<string, { message: Message; due: number; isSent: boolean }>();

  /** @throws {Error} if a message is not carried by exactly one of the channels */
  constructor(plan: readonly ToPublish[], options: PublishingOptions) {
    this.#options = options;
    const planned = plan.map((message) => ({ ...message, channel: channelOf(message, options.channels) }));
    this.#waiting = Map.groupBy(planned, groupOf);
    this.#counted = new Set(planned.filter(({ after }) => after !== undefined).map(groupOf));
    if (this.#counted.size === 0) return;
    options.tables.create(POSITIONS, { keys: ['pk'] });
    options.tables.onWrite((changes) => {
      for (const change of changes) this.#onReleased(change);
    });
  }

  get isDone(): boolean {
    return [...this.#waiting.values()].every((waiting) => waiting.length === 0);
  }

  /** The id of a scheduled message that was not sent; undefined if all scheduled messages were sent. */
  get unsent(): string | undefined {
    return [...this.#later.values()].find(({ isSent }) => !isSent)?.message.id;
  }

  commit(): void {
    const open = [...this.#waiting].filter(([, waiting]) => waiting.length > 0);
    const [group, waiting] = open[this.#options.choices.below(open.length)] ?? [];
    const next = waiting?.[0];
    if (!group || !next) return;
    const { write, done } = next.after === undefined ? this.#now(group, next) : this.#forLater(group, next);
    const { scheduler, tables } = this.#options;
    scheduler.invoke(
      'publisher',
      TIMEOUT_MS,
      (instance) => tables.clientOf(instance).send(write as PutCommand),
      (result) => {
        // After an error, a later attempt commits the message.
        if (result instanceof Error) return;
        waiting.shift();
        done();
      },
      true,
    );
  }

  #now(group: string, next: Planned) {
    const count = this.#counted.has(group) ? this.#countOf(group) : undefined;
    const version = (count ?? this.#versions.get(group) ?? 0) + 1;
    const { channel, contract } = next;
    const message = messageOf(next, `${group}/${version}`, version, new Date(this.#options.scheduler.now));
    const messages = [outgoing(channel.name, contract, message, group)];
    const put = outboxPut(OUTBOX, { aggregateId: group, version, messages, committedAt: message.time });
    const write =
      count === undefined
        ? new PutCommand(put.Put as never)
        : new TransactWriteCommand({ TransactItems: [countUpdate(group, version), put] });
    const done = () => {
      this.#versions.set(group, version);
      this.published.push({ channel: channel.name, message });
    };
    return { write, done };
  }

  #forLater(group: string, next: Planned) {
    const { channel, subject, after = 0 } = next;
    const id = `${group}/later-${this.#later.size + 1}`;
    const now = new Date(this.#options.scheduler.now);
    const counter = { table: POSITIONS, key: { pk: group }, attribute: 'sent' } as const;
    const placing = { source: sourceOf(next), subject, ...(channel.ordered && { aggregateId: group, counter }) };
    const draft = { ...next, later: { after } };
    const { Put } = waitingPut(LATER, channel, draft, placing, { now, newId: () => id });
    const message = messageOf(next, id, undefined, now);
    const done = () => void this.#later.set(id, { message, due: now.getTime() + after * 1_000, isSent: false });
    return { write: new PutCommand(Put as never), done };
  }

  #countOf(group: string): number {
    return Number(this.#options.tables.items(POSITIONS).find(({ pk }) => pk === group)?.sent ?? 0);
  }

  #onReleased({ table, before, after }: Change): void {
    if (table !== OUTBOX || before || !after) return;
    const [{ channel, body }] = after.messages as [{ channel: string; body: string }];
    const { id, time, sequence } = JSON.parse(body);
    const scheduled = this.#later.get(id);
    if (!scheduled) return;
    const { onViolation, scheduler } = this.#options;
    if (scheduler.now < scheduled.due) onViolation(`${id} was sent before its due time`);
    if (scheduled.isSent) onViolation(`${id} was sent twice`);
    scheduled.isSent = true;
    this.published.push({ channel, message: { ...scheduled.message, time, ...(sequence && { sequence }) } });
  }
}

const groupOf = ({ channel, subject }: Planned) => `${channel.name}/${subject}`;

const countUpdate = (group: string, version: number): TransactItem => ({
  Update: {
    TableName: POSITIONS,
    Key: { pk: group },
    UpdateExpression: 'SET sent = :version',
    ExpressionAttributeValues: { ':version': version },
  },
});

function channelOf({ contract, subject }: ToPublish, channels: readonly Channel[]): Channel {
  const carriers = channels.filter(({ messages }) => messages.some(({ type }) => type === contract.type));
  const [channel, other] = carriers;
  if (channel && !other) return channel;
  const reason = channel
    ? `several channels carry it: ${carriers.map(({ name }) => name)}`
    : 'no channel of these consumers carries it';
  throw new Error(`${contract.type} of ${subject} cannot be published: ${reason}`);
}

function sourceOf({ channel, contract }: Planned): string {
  const senders = sendersOfType(channel, contract.type);
  return 'anyServiceOf' in senders ? `/${senders.anyServiceOf}/publisher` : (senders[0] ?? '');
}

function messageOf(planned: Planned, id: string, version: number | undefined, time: Date): Message {
  const { channel, contract, subject, data, replyTo } = planned;
  return createMessage(contract, {
    ...{ id, source: sourceOf(planned), subject, time, data, replyTo, format: channel.format },
    ...(channel.ordered && version !== undefined && { version }),
  });
}
