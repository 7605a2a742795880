import type { BatchResultErrorEntry, PublishBatchCommand, SNSClient } from '@aws-sdk/client-sns';
import type { SQSClient } from '@aws-sdk/client-sqs';
import { marshall } from '@aws-sdk/util-dynamodb';
import type { DynamoDBRecord, SQSRecord } from 'aws-lambda';
import type { MemberEvent } from '../../functions/registration/member.ts';
import type { MemberStore, PhoneGuard } from '../../functions/registration/store.ts';
import { versionOf } from '../../shared/messaging/message.ts';
import type { Outbox, OutboxRow } from '../../shared/messaging/outbox.ts';
import type { History } from './history.ts';
import type { Choices, Instance, Scheduler } from './scheduler.ts';

const DEDUPLICATION_MS = 5 * 60_000;
const STREAM_RETRIES = 3;
/** How often a query looks before it answers. */
const LOOKS = 3;

/** The members table and the outbox: transactions, a stream, and queries that are not isolated. */
export class MembersAndOutbox {
  readonly #scheduler: Scheduler;
  readonly #choices: Choices;
  readonly #history: History;
  readonly #members = new Map<string, NonNullable<Awaited<ReturnType<MemberStore['find']>>>>();
  readonly #guards = new Map<string, PhoneGuard>();
  /** Lets somebody write in the middle of a query. */
  meanwhile: () => Promise<void> = async () => {};
  readonly rows: OutboxRow[] = [];
  /** Records that the relay has not dealt with, and how often each failed. */
  readonly stream: Array<{ row: OutboxRow; failures: number }> = [];

  constructor(scheduler: Scheduler, choices: Choices, history: History) {
    this.#scheduler = scheduler;
    this.#choices = choices;
    this.#history = history;
  }

  #commit(event: MemberEvent): void {
    const version = versionOf(event);
    const row: OutboxRow = {
      aggregateId: event.subject,
      version,
      messageId: event.id,
      type: event.type,
      kind: 'event',
      body: JSON.stringify(event),
      committedAt: event.time,
    };
    this.rows.push(row);
    // Different items, so in any order.
    this.stream.splice(this.#choices.below(this.stream.length + 1), 0, { row, failures: 0 });
    this.#history.committed.push({ aggregateId: event.subject, version, messageId: event.id });
  }

  membersOf(instance: Instance): MemberStore {
    const call = <T>(what: string, effect: () => T) => this.#scheduler.call(instance, what, effect);
    const replace = (what: string, member: Parameters<MemberStore['change']>[0], event: MemberEvent) =>
      call(what, () => {
        const before = this.#members.get(member.id);
        if (before?.status !== 'active' || before.version !== member.version - 1) return false;
        this.#members.set(member.id, member);
        this.#commit(event);
        return true;
      });
    return {
      find: (id) => call('reads the member', () => this.#members.get(id)),
      insert: (member, guard, event) =>
        call('inserts the member', () => {
          const held = this.#guards.get(member.phone);
          if (held) return held;
          this.#guards.set(member.phone, guard);
          this.#members.set(member.id, member);
          this.#commit(event);
          return undefined;
        }),
      change: (member, event) => replace('changes the member', member, event),
      // A phone may be registered again after that: nobody does it here, where each registers once.
      deactivate: () => Promise.reject(new Error('nobody deactivates here')),
    };
  }

  outboxOf(instance: Instance): Outbox {
    const call = <T>(what: string, effect: () => T) => this.#scheduler.call(instance, what, effect);
    return {
      /** Takes a while: what came or went meanwhile may be in the answer or not, whatever its version. */
      pendingUpTo: async (aggregateId, version) => {
        const look = () => this.rows.filter((row) => row.aggregateId === aggregateId && row.version <= version);
        const looks: OutboxRow[][] = [];
        for (let index = 0; index < LOOKS; index++) {
          looks.push(await call(`queries ${aggregateId}`, look));
          if (this.#choices.below(8) === 7) await this.meanwhile();
        }
        const seen = [...new Set(looks.flat())];
        const sure = seen.filter((row) => looks.every((rows) => rows.includes(row)));
        const unsure = seen.filter((row) => !sure.includes(row));
        return [...sure, ...unsure.filter(() => this.#choices.below(2) === 0)].sort((a, b) => a.version - b.version);
      },
      remove: (done) =>
        call(`deletes ${done.map(({ messageId }) => messageId)}`, () => {
          const left = done.filter(() => this.#choices.below(8) === 7);
          for (const row of done) {
            const index = this.rows.findIndex(({ messageId }) => messageId === row.messageId);
            if (index >= 0 && !left.includes(row)) this.rows.splice(index, 1);
          }
          return left;
        }),
      scan: (segment) => this.#scan(segment, call),
    };
  }

  /** A page an aggregate. */
  async *#scan(segment: number, call: <T>(what: string, effect: () => T) => Promise<T>): AsyncIterable<OutboxRow[]> {
    if (segment > 0) return;
    const aggregates = await call('scans', () => [...new Set(this.rows.map(({ aggregateId }) => aggregateId))]);
    for (const aggregateId of aggregates) {
      yield call(`scans ${aggregateId}`, () => this.rows.filter((row) => row.aggregateId === aggregateId));
    }
  }

  /** Takes a batch from the stream; its records come again unless they are `done`. */
  takeRecords(): Array<{ row: OutboxRow; failures: number }> {
    const size = 1 + this.#choices.below(this.stream.length);
    const start = this.#choices.below(this.stream.length);
    return [...this.stream.slice(start), ...this.stream.slice(0, start)].slice(0, size);
  }

  /** @param failed index of the first record that failed, as Lambda takes it: all later ones come again */
  recordsDone(batch: Array<{ row: OutboxRow; failures: number }>, failed: number): void {
    for (const [index, record] of batch.entries()) {
      const at = this.stream.indexOf(record);
      // Now and then a record that was dealt with comes once more.
      const again = this.#choices.below(8) === 7;
      if (index >= failed) record.failures++;
      const over = index < failed ? !again : record.failures > STREAM_RETRIES;
      if (at >= 0 && over) this.stream.splice(at, 1);
    }
  }
}

export const streamRecord = (row: OutboxRow): DynamoDBRecord => ({
  eventName: 'INSERT',
  dynamodb: { SequenceNumber: row.messageId, NewImage: marshall(row) as never },
});

interface Queued {
  id: string;
  group: string;
  body: string;
  receives: number;
  visibleAt: number;
  receipt: number;
}

/** SQS FIFO: groups in order, closed while one of their messages is in flight; at least once. */
export class FifoQueue {
  readonly name: string;
  readonly #scheduler: Scheduler;
  readonly #choices: Choices;
  readonly #visibilityMs: number;
  readonly #deadLetters: { queue: FifoQueue; maxReceives: number } | undefined;
  readonly messages: Queued[] = [];
  readonly #seen = new Map<string, number>();
  #receipts = 0;
  #sent = 0;

  constructor(
    name: string,
    scheduler: Scheduler,
    choices: Choices,
    visibilityMs: number,
    deadLetters?: { queue: FifoQueue; maxReceives: number },
  ) {
    this.name = name;
    this.#scheduler = scheduler;
    this.#choices = choices;
    this.#visibilityMs = visibilityMs;
    this.#deadLetters = deadLetters;
  }

  send(group: string, deduplicationId: string, body: string): void {
    const { now } = this.#scheduler;
    if ((this.#seen.get(deduplicationId) ?? Number.NEGATIVE_INFINITY) > now - DEDUPLICATION_MS) return;
    this.#seen.set(deduplicationId, now);
    const id = `${this.name}/${++this.#sent}`;
    this.messages.push({ id, group, body, receives: 0, visibleAt: now, receipt: 0 });
  }

  /** Groups whose messages can be received. */
  get open(): string[] {
    if (this.messages.length === 0) return [];
    const { now } = this.#scheduler;
    const closed = new Set(this.messages.filter(({ visibleAt }) => visibleAt > now).map(({ group }) => group));
    return [...new Set(this.messages.map(({ group }) => group))].filter((group) => !closed.has(group));
  }

  /** A batch of up to ten, of one group or several, each from its first message. */
  receive(): SQSRecord[] {
    const groups = this.open.filter((_, index) => index === 0 || this.#choices.below(2) === 0);
    return groups.flatMap((group) => {
      const most = 1 + this.#choices.below(3);
      const own = this.messages.filter((message) => message.group === group);
      return own
        .slice(0, most)
        .filter((message) => this.#mayReceive(message))
        .map((message) => this.#hand(message));
    });
  }

  #mayReceive(message: Queued): boolean {
    if (!this.#deadLetters || message.receives < this.#deadLetters.maxReceives) return true;
    this.messages.splice(this.messages.indexOf(message), 1);
    this.#deadLetters.queue.messages.push(message);
    this.#scheduler.log(`${this.name} gives up ${message.id}`);
    return false;
  }

  #hand(message: Queued): SQSRecord {
    message.receives++;
    message.visibleAt = this.#scheduler.now + this.#visibilityMs;
    message.receipt = ++this.#receipts;
    return {
      messageId: message.id,
      receiptHandle: String(message.receipt),
      body: message.body,
      attributes: { MessageGroupId: message.group, ApproximateReceiveCount: String(message.receives) },
      eventSourceARN: `arn:aws:sqs:us-east-1:000000000000:${this.name}`,
    } as SQSRecord;
  }

  /** With an old receipt it does nothing: somebody else has the message. */
  delete(receipts: readonly string[]): void {
    for (const receipt of receipts) {
      const index = this.messages.findIndex((message) => String(message.receipt) === receipt);
      if (index >= 0) this.messages.splice(index, 1);
    }
  }

  /** What `ChangeMessageVisibilityBatch` needs of an SQS client. */
  clientOf(instance: Instance): SQSClient {
    interface Input {
      Entries: Array<{ ReceiptHandle: string; VisibilityTimeout: number }>;
    }
    const send = ({ input }: { input: Input }) =>
      this.#scheduler.call(instance, 'sets the backoff', () => {
        for (const { ReceiptHandle, VisibilityTimeout } of input.Entries) {
          const message = this.messages.find(({ receipt }) => String(receipt) === ReceiptHandle);
          if (message) message.visibleAt = this.#scheduler.now + VisibilityTimeout * 1000;
        }
        return {};
      });
    return { send } as unknown as SQSClient;
  }
}

/** SNS FIFO: takes entries of a batch one by one, and hands each to every subscription. */
export class FifoTopic {
  readonly #scheduler: Scheduler;
  readonly #choices: Choices;
  readonly #history: History;
  readonly #refuses: (aggregateId: string, version: number) => boolean;
  readonly #seen = new Map<string, number>();
  readonly subscriptions: Array<{ name: string; queue: FifoQueue; undelivered: FifoQueue }> = [];

  constructor(
    scheduler: Scheduler,
    choices: Choices,
    history: History,
    refuses: (aggregateId: string, version: number) => boolean,
  ) {
    this.#refuses = refuses;
    this.#scheduler = scheduler;
    this.#choices = choices;
    this.#history = history;
  }

  clientOf(instance: Instance): SNSClient {
    const send = ({ input }: PublishBatchCommand) => {
      const entries = input.PublishBatchRequestEntries ?? [];
      return this.#scheduler.call(instance, `publishes ${entries.map((e) => e.MessageDeduplicationId)}`, () => {
        const Failed: BatchResultErrorEntry[] = [];
        for (const { Id, Message = '', MessageGroupId = '', MessageDeduplicationId = '' } of entries) {
          const version = versionOf(JSON.parse(Message));
          if (this.#refuses(MessageGroupId, version)) {
            Failed.push({ Id, Code: 'InvalidParameter', SenderFault: true });
            continue;
          }
          // An entry can fail alone, and what failed may have been taken all the same.
          const fate = this.#choices.below(12);
          if (fate < 11) this.#take(MessageGroupId, version, MessageDeduplicationId, Message);
          if (fate >= 10) Failed.push({ Id, Code: 'InternalError', SenderFault: false });
        }
        const failed = new Set(Failed.map(({ Id }) => Id));
        return { Successful: entries.filter(({ Id }) => !failed.has(Id)).map(({ Id }) => ({ Id })), Failed };
      });
    };
    return { send } as unknown as SNSClient;
  }

  #take(group: string, version: number, id: string, body: string): void {
    const { now } = this.#scheduler;
    this.#history.published.push({ aggregateId: group, version, messageId: id });
    if ((this.#seen.get(id) ?? Number.NEGATIVE_INFINITY) > now - DEDUPLICATION_MS) return;
    this.#seen.set(id, now);
    for (const { name, queue, undelivered } of this.subscriptions) {
      this.#history.subscribers.get(name)?.delivered.push({ aggregateId: group, version });
      const target = this.#choices.below(24) === 23 ? undelivered : queue;
      target.send(group, id, body);
    }
  }
}
