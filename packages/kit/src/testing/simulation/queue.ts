import type { SQSRecord } from 'aws-lambda';
import type { Choices } from './choices.ts';
import type { Scheduler } from './scheduler.ts';

export const DEDUPLICATION_MS = 5 * 60_000;

interface Queued {
  id: string;
  group: string;
  body: string;
  receives: number;
  visibleAt: number;
  receipt: number;
}

export interface QueueOptions {
  name: string;
  visibilityMs: number;
  /** The dead-letter queue, and the number of receives after which a message is moved to it. */
  deadLetters?: { queue: Queue; maxReceives: number };
  /** Called for each message that the queue accepts, including duplicates, which a FIFO queue does not deliver. */
  onSent?: (body: string) => void;
}

/**
 * An SQS queue, which delivers messages at least once. If the name of the queue ends in `.fifo`, the queue delivers
 * each group in order, and blocks a group while a message of the group is in flight. A standard queue delivers messages
 * in any order, and sometimes delivers a message again while the message is in flight.
 */
export class Queue {
  readonly name: string;
  readonly messages: Queued[] = [];
  readonly #options: QueueOptions;
  readonly #scheduler: Scheduler;
  readonly #choices: Choices;
  readonly #seen = new Map<string, number>();
  #receipts = 0;
  #sent = 0;

  constructor(options: QueueOptions, scheduler: Scheduler, choices: Choices) {
    this.name = options.name;
    this.#options = options;
    this.#scheduler = scheduler;
    this.#choices = choices;
  }

  get #isFifo(): boolean {
    return this.name.endsWith('.fifo');
  }

  send(body: string, group?: string, deduplicationId = ''): void {
    const { now } = this.#scheduler;
    this.#options.onSent?.(body);
    if (this.#isFifo && (this.#seen.get(deduplicationId) ?? Number.NEGATIVE_INFINITY) > now - DEDUPLICATION_MS) return;
    this.#seen.set(deduplicationId, now);
    const id = `${this.name}/${++this.#sent}`;
    this.messages.push({ id, group: group ?? id, body, receives: 0, visibleAt: now, receipt: 0 });
  }

  /** Groups whose messages can be received. */
  get availableGroups(): string[] {
    if (this.messages.length === 0) return [];
    const { now } = this.#scheduler;
    const blocked = new Set(this.messages.filter(({ visibleAt }) => visibleAt > now).map(({ group }) => group));
    return [...new Set(this.messages.map(({ group }) => group))].filter((group) => !blocked.has(group));
  }

  /** Receives a batch: the first messages of one or several groups, in order for each group. */
  receive(): SQSRecord[] {
    const open = this.availableGroups;
    const start = this.#isFifo || open.length < 2 ? 0 : this.#choices.below(open.length);
    const groups = [...open.slice(start), ...open.slice(0, start)].filter(
      (_, index) => index === 0 || this.#choices.below(2) === 0,
    );
    return groups.flatMap((group) => {
      const most = 3 - this.#choices.below(3);
      return this.messages
        .filter((message) => message.group === group)
        .slice(0, most)
        .filter((message) => !this.#moveIfExhausted(message))
        .map((message) => this.#deliver(message));
    });
  }

  /**
   * Moves a message to the dead-letter queue if it was received too often.
   * @returns whether the message was moved
   */
  #moveIfExhausted(message: Queued): boolean {
    const { deadLetters } = this.#options;
    if (!deadLetters || message.receives < deadLetters.maxReceives) return false;
    this.messages.splice(this.messages.indexOf(message), 1);
    deadLetters.queue.messages.push(message);
    this.#scheduler.log(`${this.name} moves ${message.id} to its dead-letter queue`);
    return true;
  }

  #deliver(message: Queued): SQSRecord {
    message.receives++;
    const isHidden = this.#isFifo || this.#choices.below(16) < 15;
    message.visibleAt = this.#scheduler.now + (isHidden ? this.#options.visibilityMs : 0);
    message.receipt = ++this.#receipts;
    return {
      messageId: message.id,
      receiptHandle: String(message.receipt),
      body: message.body,
      attributes: {
        ...(this.#isFifo && { MessageGroupId: message.group }),
        ApproximateReceiveCount: String(message.receives),
      },
      eventSourceARN: `arn:aws:sqs:us-east-1:000000000000:${this.name}`,
    } as SQSRecord;
  }

  /** Deletes received messages. The receipt of a message has no effect after the message was received again. */
  delete(receipts: readonly string[]): void {
    for (const receipt of receipts) {
      const index = this.messages.findIndex((message) => String(message.receipt) === receipt);
      if (index >= 0) this.messages.splice(index, 1);
    }
  }

  hide(receipt: string, seconds: number): void {
    const message = this.messages.find((candidate) => String(candidate.receipt) === receipt);
    if (message) message.visibleAt = this.#scheduler.now + seconds * 1000;
  }
}
