import { marshall } from '@aws-sdk/util-dynamodb';
import type { DynamoDBRecord } from 'aws-lambda';
import { LATER_KEYS } from '../../contracts/later-table.ts';
import { createLaterSweep } from '../../messaging/later/sweep.ts';
import { createOutbox } from '../../messaging/outbox.ts';
import { createRelay } from '../../messaging/relay.ts';
import { relayFunctions } from '../../messaging/relay-functions.ts';
import { type Addresses, createSender } from '../../messaging/sender.ts';
import { publishByTopics } from '../../messaging/topics.ts';
import type { Choices } from './choices.ts';
import type { Item } from './expressions.ts';
import type { Queues } from './queues.ts';
import type { Instance, Scheduler } from './scheduler.ts';
import type { Tables } from './tables.ts';
import type { Topics } from './topics.ts';

const STREAM_RETRIES = 3;
const RELAY_TIMEOUT_MS = 30_000;
const SWEEP_TIMEOUT_MS = 60_000;
const IN_TIME = { getRemainingTimeInMillis: () => SWEEP_TIMEOUT_MS };

const quiet = { logger: { warn: () => {} } as never, count: () => {}, measure: () => {} };

export interface PublisherOptions {
  scheduler: Scheduler;
  choices: Choices;
  tables: Tables;
  queues: Queues;
  topics: Topics;
  /** Name of the outbox table, which the publisher creates. */
  outbox: string;
  /** Name of the table of scheduled messages, which the publisher creates. Default: no table. */
  later?: string;
  /** Addresses of the channels on which the publisher sends messages. */
  addresses: Addresses;
  /** Transforms a row before it is written to the outbox. */
  onPut?: (row: Item) => Item;
}

/** The outbox, its stream, and the two functions that publish its rows. */
export class Publisher {
  /** The records in the stream, and how often each record failed. */
  readonly stream: Array<{ row: Item; failures: number }> = [];
  readonly #options: PublisherOptions;

  constructor(options: PublisherOptions) {
    this.#options = options;
    const { tables, choices, outbox, later, onPut } = options;
    tables.create(outbox, { keys: ['aggregateId', 'version'], hasInterleavedQueries: true, ...(onPut && { onPut }) });
    if (later !== undefined) tables.create(later, { keys: LATER_KEYS });
    tables.onWrite((changes) => {
      for (const { table, before, after } of changes) {
        if (table !== outbox || before || !after) continue;
        // Records of different items are not ordered.
        this.stream.splice(choices.below(this.stream.length + 1), 0, { row: after, failures: 0 });
      }
    });
  }

  get rows(): Item[] {
    return this.#options.tables.items(this.#options.outbox);
  }

  /** Scheduled messages. */
  get waiting(): Item[] {
    const { tables, later } = this.#options;
    return later === undefined ? [] : tables.items(later);
  }

  /** When the next scheduled message is due, in epoch milliseconds. */
  get nextDue(): number | undefined {
    const times = this.waiting.map(({ due }) => Date.parse(due as string));
    return times.length > 0 ? Math.min(...times) : undefined;
  }

  /** Whether the sweep has messages to send. */
  get hasUnsent(): boolean {
    return this.rows.length > 0 || (this.nextDue ?? Number.POSITIVE_INFINITY) <= this.#options.scheduler.now;
  }

  relay(): void {
    const batch = this.#takeRecords();
    this.#options.scheduler.invoke(
      'relay',
      RELAY_TIMEOUT_MS,
      async (instance) => {
        const Records = batch.map(({ row }) => recordOf(row));
        const { batchItemFailures } = await this.#functionsOf(instance).relay({ Records });
        return batchItemFailures.map(({ itemIdentifier }) => itemIdentifier);
      },
      (failures) => {
        const failed = failures instanceof Error ? 0 : batch.findIndex(({ row }) => failures.includes(rowName(row)));
        this.#recordsDone(batch, failed < 0 ? batch.length : failed);
      },
    );
  }

  sweep(): void {
    this.#options.scheduler.invoke(
      `${this.#options.outbox}-sweep`,
      SWEEP_TIMEOUT_MS,
      (instance) => this.#functionsOf(instance).sweep({}, IN_TIME),
      () => {},
    );
  }

  #functionsOf(instance: Instance) {
    const { tables, topics, queues, scheduler, addresses, outbox: outboxTable, later: laterTable } = this.#options;
    const client = tables.clientOf(instance);
    const outbox = createOutbox({ client, tableName: outboxTable });
    const publish = publishByTopics(topics.clientOf(instance));
    const sender = createSender({ publish, sqs: queues.clientOf(instance), addresses });
    const now = () => new Date(scheduler.now);
    const later = laterTable ? createLaterSweep({ client, laterTable, outboxTable, now }, quiet) : undefined;
    return relayFunctions(createRelay({ outbox, sender }), outbox, quiet, now, later);
  }

  /** Reads a batch from the stream. The records stay in the stream until `#recordsDone` removes them. */
  #takeRecords(): Array<{ row: Item; failures: number }> {
    const { choices } = this.#options;
    const size = this.stream.length - choices.below(this.stream.length);
    const start = choices.below(this.stream.length);
    return [...this.stream.slice(start), ...this.stream.slice(0, start)].slice(0, size);
  }

  /** @param failed index of the first record that failed; Lambda redelivers this record and all later records */
  #recordsDone(batch: ReadonlyArray<{ row: Item; failures: number }>, failed: number): void {
    for (const [index, record] of batch.entries()) {
      const at = this.stream.indexOf(record);
      // Sometimes a processed record is redelivered.
      const isRedelivered = this.#options.choices.below(8) === 7;
      if (index >= failed) record.failures++;
      const isDone = index < failed ? !isRedelivered : record.failures > STREAM_RETRIES;
      if (at >= 0 && isDone) this.stream.splice(at, 1);
    }
  }
}

/** Identifies a row. */
const rowName = ({ aggregateId, version }: Item) => `${aggregateId} v${version}`;

const recordOf = (row: Item): DynamoDBRecord => ({
  eventName: 'INSERT',
  dynamodb: { SequenceNumber: rowName(row), NewImage: marshall(row) as never },
});
