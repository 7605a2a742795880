import type { Channel } from '@rollcall/kit/internal/contracts/channel';
import { CONSUMER_METADATA, type ConsumerMetadata } from '@rollcall/kit/internal/contracts/consumer-metadata';
import type { AssembledStack } from '@rollcall/local/internal/template/assembly';
import { OperatorError } from '../stage/errors.ts';
import type { Aggregates, Item } from './aggregates.ts';
import type { ConsumerRecord, PublisherRecord, Rules } from './classify.ts';

/** A consumer that records the versions it has applied. */
export interface ChannelConsumer {
  name: string;
  cursorKey: string;
  joinsLate: boolean;
}

/** A channel of versioned messages, and its consumers. The messages are a topic's events or a queue's commands. */
export interface VersionedChannel {
  /** Name of the topic or queue. */
  name: string;
  consumers: readonly ChannelConsumer[];
  /** The publisher's tables: names without app and stage. */
  table: string;
  outbox: string;
  /** The attribute of the publisher's item that contains the version. */
  version: string;
  read: (item: Item) => PublisherRecord | undefined;
  key: (id: string) => Record<string, string>;
  /** The outbox key of messages about a subject. */
  group: (id: string) => string;
  rulesOf: (consumer: ChannelConsumer) => Rules;
  /** Only for events: the app's description of its tables. */
  aggregates?: Aggregates;
}

/** Key prefix of the kit's counters of commands (`OutboxWriterOptions.counterKey`). */
const COUNTER = 'commands#';

/** The channels of a stage to compare. @throws {OperatorError} if the app or its templates do not describe them */
export function versionedChannels(all: readonly Aggregates[], stacks: readonly AssembledStack[]): VersionedChannel[] {
  if (all.length === 0)
    throw new OperatorError(
      'The app does not name the tables of its aggregates: set `aggregates` in its rollcall.config.ts (README of rollcall).',
    );
  const declared = consumerMetadata(stacks);
  if (declared.length === 0)
    throw new OperatorError(
      'The templates of the stage do not describe the cursors of its consumers, because an older version of rollcall deployed them. Deploy again.',
    );
  const consumersOf = (channel: string) =>
    declared.flatMap(({ name, of, cursorKey, joinsLate }) =>
      of === channel && cursorKey !== undefined ? [{ name, cursorKey, joinsLate }] : [],
    );
  return all.flatMap((one) => [
    eventsOf(one, consumersOf(one.topic.name)),
    ...(one.commands ?? []).map(({ name }) => commandsOf(name, one, consumersOf(name))),
  ]);
}

function consumerMetadata(stacks: readonly AssembledStack[]): ConsumerMetadata[] {
  const resources = stacks.flatMap(({ template }) => Object.values(template.Resources ?? {}));
  return resources.flatMap(({ Metadata }) => (Metadata?.[CONSUMER_METADATA] as ConsumerMetadata | undefined) ?? []);
}

function eventsOf(aggregates: Aggregates, consumers: readonly ChannelConsumer[]): VersionedChannel {
  const { topic, table, outbox, idOf, key = (id) => ({ pk: id }), version = 'version' } = aggregates;
  const { isErased = () => false, agrees = () => true } = aggregates;
  return {
    ...{ name: topic.name, consumers, table, outbox, version, key, aggregates },
    group: (id) => id,
    read(state) {
      const id = idOf(state);
      const count = state[version];
      return id === undefined || typeof count !== 'number'
        ? undefined
        : { id, version: count, erased: isErased(state), state };
    },
    rulesOf: ({ name, joinsLate }) => ({
      joinsLate,
      agrees: (publisherRecord: PublisherRecord, consumerRecord: ConsumerRecord) =>
        agrees(publisherRecord.state, name, consumerRecord.item),
    }),
  };
}

function commandsOf(
  queue: string,
  { table, outbox }: Aggregates,
  consumers: readonly ChannelConsumer[],
): VersionedChannel {
  const prefix = `${COUNTER}${queue}/`;
  return {
    ...{ name: queue, consumers, table, outbox, version: 'sent' },
    key: (id) => ({ pk: `${prefix}${id}` }),
    group: (id) => `${queue}/${id}`,
    read(state) {
      const { pk, sent } = state;
      if (typeof pk !== 'string' || !pk.startsWith(prefix) || typeof sent !== 'number') return undefined;
      return { id: pk.slice(prefix.length), version: sent, erased: false, state };
    },
    rulesOf: ({ joinsLate }) => ({ joinsLate, agrees: () => true }),
  };
}

/** The only sender of a topic's events. @throws {OperatorError} if the topic does not have exactly one sender */
export function sourceOf({ name, senders }: Channel): string {
  const [source, ...others] = 'anyServiceOf' in senders ? [] : senders;
  if (source !== undefined && others.length === 0) return source;
  throw new OperatorError(`Events of ${name} cannot be published again: the topic does not have exactly one sender.`);
}
