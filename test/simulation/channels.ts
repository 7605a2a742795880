import type { BatchResultErrorEntry, PublishBatchCommand, SNSClient } from '@aws-sdk/client-sns';
import type { SQSClient } from '@aws-sdk/client-sqs';
import type { SQSRecord } from 'aws-lambda';
import { readEnvelope, versionOf } from '../../shared/messaging/message.ts';
import type { History, SubscriberRecord } from './history.ts';
import type { Choices, Instance, Scheduler } from './scheduler.ts';

const DEDUPLICATION_MS = 5 * 60_000;

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
  readonly #history: Pick<History, 'published'>;
  readonly #refuses: (aggregateId: string, version: number) => boolean;
  readonly #seen = new Map<string, number>();
  readonly subscriptions: Array<{
    queue: FifoQueue;
    undelivered: FifoQueue;
    history: SubscriberRecord;
    /** Types that its filter leaves out. */
    without: readonly string[];
  }> = [];

  constructor(
    scheduler: Scheduler,
    choices: Choices,
    history: Pick<History, 'published'>,
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
          const version = versionOf(readEnvelope(Message));
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
    const { type } = readEnvelope(body);
    for (const { queue, undelivered, history, without } of this.subscriptions) {
      // A change of a filter takes a while: now and then it lets through what it shall leave out.
      if (!without.includes(type)) history.delivered.push({ aggregateId: group, version });
      else if (this.#choices.below(3) < 2) continue;
      const target = this.#choices.below(24) === 23 ? undelivered : queue;
      target.send(group, id, body);
    }
  }
}
