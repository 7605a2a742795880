import { marshall } from '@aws-sdk/util-dynamodb';
import { createOutbox } from '@rollcall/kit/messaging/outbox';
import { createRelay } from '@rollcall/kit/messaging/relay';
import { relayFunctions } from '@rollcall/kit/messaging/relay-functions';
import { createSender } from '@rollcall/kit/messaging/sender';
import { publishByTopics } from '@rollcall/kit/messaging/topics';
import type { DynamoDBRecord } from 'aws-lambda';
import { memberRegistered } from '../../shared/contracts/member-registered.v1.ts';
import { memberRegisteredV2 } from '../../shared/contracts/member-registered.v2.ts';
import type { Item } from './expressions.ts';
import { type Queues, urlOf } from './queues.ts';
import type { Choices, Instance, Scheduler } from './scheduler.ts';
import { OUTBOX } from './services.ts';
import type { Tables } from './tables.ts';
import type { FifoTopic } from './topic.ts';

const STREAM_RETRIES = 3;
const RELAY_TIMEOUT_MS = 30_000;
const SWEEP_TIMEOUT_MS = 60_000;
const IN_TIME = { getRemainingTimeInMillis: () => SWEEP_TIMEOUT_MS };

const quiet = { logger: { warn: () => {} } as never, count: () => {}, measure: () => {} };

const ADDRESSES = {
  'member-events': 'arn:member-events.fifo',
  'points-commands': urlOf({ name: 'points-commands.fifo' }),
};

export interface PublisherOptions {
  scheduler: Scheduler;
  choices: Choices;
  tables: Tables;
  queues: Queues;
  topic: FifoTopic;
}

/** The outbox, its stream, and the two functions that publish what is in it. */
export class Publisher {
  /** Records that the relay has not dealt with, and how often each failed. */
  readonly stream: Array<{ row: Item; failures: number }> = [];
  readonly #options: PublisherOptions;

  constructor(options: PublisherOptions) {
    this.#options = options;
    const { tables, choices } = options;
    tables.create(OUTBOX, { keys: ['aggregateId', 'version'], isTorn: true, onPut: inBothRenditions });
    tables.onWrite((changes) => {
      for (const { table, before, after } of changes) {
        if (table !== OUTBOX || before || !after) continue;
        // Different items, so in any order.
        this.stream.splice(choices.below(this.stream.length + 1), 0, { row: after, failures: 0 });
      }
    });
  }

  get rows(): Item[] {
    return this.#options.tables.items(OUTBOX);
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
        const failed = failures instanceof Error ? 0 : batch.findIndex(({ row }) => failures.includes(placeOf(row)));
        this.#recordsDone(batch, failed < 0 ? batch.length : failed);
      },
    );
  }

  sweep(): void {
    this.#options.scheduler.invoke(
      'registration-outbox-sweep',
      SWEEP_TIMEOUT_MS,
      (instance) => this.#functionsOf(instance).sweep({}, IN_TIME),
      () => {},
    );
  }

  #functionsOf(instance: Instance) {
    const { tables, topic, queues, scheduler } = this.#options;
    const outbox = createOutbox({ client: tables.clientOf(instance), tableName: OUTBOX });
    const publish = publishByTopics(topic.clientOf(instance));
    const sender = createSender({ publish, sqs: queues.clientOf(instance), addresses: ADDRESSES });
    return relayFunctions(createRelay({ outbox, sender }), outbox, quiet, () => new Date(scheduler.now));
  }

  /** Takes a batch from the stream; its records come again unless they are done. */
  #takeRecords(): Array<{ row: Item; failures: number }> {
    const { choices } = this.#options;
    const size = this.stream.length - choices.below(this.stream.length);
    const start = choices.below(this.stream.length);
    return [...this.stream.slice(start), ...this.stream.slice(0, start)].slice(0, size);
  }

  /** @param failed index of the first record that failed, as Lambda takes it: all later ones come again */
  #recordsDone(batch: ReadonlyArray<{ row: Item; failures: number }>, failed: number): void {
    for (const [index, record] of batch.entries()) {
      const at = this.stream.indexOf(record);
      // Now and then a record that was dealt with comes once more.
      const again = this.#options.choices.below(8) === 7;
      if (index >= failed) record.failures++;
      const over = index < failed ? !again : record.failures > STREAM_RETRIES;
      if (at >= 0 && over) this.stream.splice(at, 1);
    }
  }
}

/** What tells rows apart. */
const placeOf = ({ aggregateId, version }: Item) => `${aggregateId} v${version}`;

const recordOf = (row: Item): DynamoDBRecord => ({
  eventName: 'INSERT',
  dynamodb: { SequenceNumber: placeOf(row), NewImage: marshall(row) as never },
});

/** As while a service moves its readers from one version of an event to the next: two renditions, each with an id of its own. */
function inBothRenditions(row: Item): Item {
  const [newer] = row.messages as [{ body: string }];
  const event = JSON.parse(newer.body);
  if (event.type !== memberRegisteredV2.type) return row;
  const { displayName, givenName: _, familyName: __, ...data } = event.data;
  const [older, other] = [memberRegistered.type, memberRegisteredV2.type];
  const id = `${event.id} in v1`;
  const first = { ...event, id, type: older, alternatetype: other, data: { ...data, name: displayName } };
  return {
    ...row,
    messages: [
      { ...newer, body: JSON.stringify(first) },
      { ...newer, body: JSON.stringify({ ...event, alternatetype: older }) },
    ],
  };
}
