import { PutCommand } from '@aws-sdk/lib-dynamodb';
import { type Channel, sendersOfType } from '../../contracts/channel.ts';
import { createMessage, type Message } from '../../messaging/message.ts';
import { outboxPut } from '../../messaging/outbox.ts';
import { outgoing } from '../../messaging/outgoing.ts';
import type { Choices } from './choices.ts';
import type { ToPublish } from './model.ts';
import type { Scheduler } from './scheduler.ts';
import type { Tables } from './tables.ts';

export const OUTBOX = 'outbox';

const TIMEOUT_MS = 10_000;

export interface PublishingOptions {
  scheduler: Scheduler;
  choices: Choices;
  tables: Tables;
  /** Every channel that a message may go to. */
  channels: readonly Channel[];
}

type Planned = ToPublish & { channel: Channel };

/** Commits what the publisher model wants to be published: those of one subject in order, subjects beside one another. */
export class Publishing {
  /** What was committed, by channel. */
  readonly published: Array<{ channel: string; message: Message }> = [];
  readonly #options: PublishingOptions;
  readonly #waiting: Map<string, Planned[]>;
  readonly #versions = new Map<string, number>();

  /** @throws {Error} if a message has no channel, or several */
  constructor(plan: readonly ToPublish[], options: PublishingOptions) {
    this.#options = options;
    const planned = plan.map((one) => ({ ...one, channel: channelOf(one, options.channels) }));
    this.#waiting = Map.groupBy(planned, ({ channel, subject }) => `${channel.name}/${subject}`);
  }

  get isDone(): boolean {
    return [...this.#waiting.values()].every((waiting) => waiting.length === 0);
  }

  commit(): void {
    const { choices, scheduler, tables } = this.#options;
    const open = [...this.#waiting].filter(([, waiting]) => waiting.length > 0);
    const [group, waiting] = open[choices.below(open.length)] ?? [];
    const next = waiting?.[0];
    if (!group || !next) return;
    const version = (this.#versions.get(group) ?? 0) + 1;
    const { channel, contract } = next;
    const message = messageOf(next, `${group}/${version}`, version, new Date(scheduler.now));
    const messages = [outgoing(channel.name, contract, message, group)];
    const row = { aggregateId: group, version, messages, committedAt: message.time };
    scheduler.invoke(
      'publisher',
      TIMEOUT_MS,
      (instance) => {
        const write = new PutCommand(outboxPut(OUTBOX, row).Put as never);
        return tables.clientOf(instance).send(write);
      },
      (result) => {
        // It is committed with the next try.
        if (result instanceof Error) return;
        waiting.shift();
        this.#versions.set(group, version);
        this.published.push({ channel: channel.name, message });
      },
      true,
    );
  }
}

function channelOf({ contract, subject }: ToPublish, channels: readonly Channel[]): Channel {
  const carriers = channels.filter(({ messages }) => messages.some(({ type }) => type === contract.type));
  const [channel, other] = carriers;
  if (channel && !other) return channel;
  const which = channel ? `several channels: ${carriers.map(({ name }) => name)}` : 'no channel of these consumers';
  throw new Error(`${contract.type} of ${subject} cannot be published: it travels on ${which}`);
}

function messageOf(planned: Planned, id: string, version: number, time: Date): Message {
  const { channel, contract, subject, data, replyTo } = planned;
  const senders = sendersOfType(channel, contract.type);
  const source = 'anyServiceOf' in senders ? `/${senders.anyServiceOf}/publisher` : (senders[0] ?? '');
  return createMessage(contract, {
    ...{ id, source, subject, time, data, replyTo, format: channel.format },
    ...(channel.ordered && { version }),
  });
}
