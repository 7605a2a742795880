import {
  ChangeMessageVisibilityBatchCommand,
  DeleteMessageBatchCommand,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import type { SQSRecord } from 'aws-lambda';
import type { Choices, Instance, Scheduler } from './scheduler.ts';

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
  /** Where messages go that were received so often. */
  deadLetters?: { queue: Queue; maxReceives: number };
  /** Told of each message that it takes. */
  onSent?: (body: string) => void;
}

/**
 * SQS, at least once. FIFO, by its name: groups in order, closed while one of their messages is in flight. Standard: in any
 * order, and now and then a message that is in flight is handed out once more.
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
  get open(): string[] {
    if (this.messages.length === 0) return [];
    const { now } = this.#scheduler;
    const closed = new Set(this.messages.filter(({ visibleAt }) => visibleAt > now).map(({ group }) => group));
    return [...new Set(this.messages.map(({ group }) => group))].filter((group) => !closed.has(group));
  }

  /** A batch, of one group or several, each from its first message. */
  receive(): SQSRecord[] {
    const open = this.open;
    const start = this.#isFifo || open.length < 2 ? 0 : this.#choices.below(open.length);
    const groups = [...open.slice(start), ...open.slice(0, start)].filter(
      (_, index) => index === 0 || this.#choices.below(2) === 0,
    );
    return groups.flatMap((group) => {
      const most = 3 - this.#choices.below(3);
      const own = this.messages.filter((message) => message.group === group);
      return own
        .slice(0, most)
        .filter((message) => this.#mayReceive(message))
        .map((message) => this.#hand(message));
    });
  }

  #mayReceive(message: Queued): boolean {
    const { deadLetters } = this.#options;
    if (!deadLetters || message.receives < deadLetters.maxReceives) return true;
    this.messages.splice(this.messages.indexOf(message), 1);
    deadLetters.queue.messages.push(message);
    this.#scheduler.log(`${this.name} gives up ${message.id}`);
    return false;
  }

  #hand(message: Queued): SQSRecord {
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

  /** With an old receipt it does nothing: somebody else has the message. */
  delete(receipts: readonly string[]): void {
    for (const receipt of receipts) {
      const index = this.messages.findIndex((message) => String(message.receipt) === receipt);
      if (index >= 0) this.messages.splice(index, 1);
    }
  }

  hide(receipt: string, seconds: number): void {
    const message = this.messages.find((one) => String(one.receipt) === receipt);
    if (message) message.visibleAt = this.#scheduler.now + seconds * 1000;
  }
}

/** What a broker makes of the entries of a call: one can fail alone, and what failed may have been taken all the same. */
export function takeEntries<E extends { Id?: string | undefined }>(
  entries: readonly E[],
  choices: Choices,
  take: (entry: E) => void,
) {
  const failed = new Set<E>();
  for (const entry of entries) {
    const fate = choices.below(12);
    if (fate < 11) take(entry);
    if (fate >= 10) failed.add(entry);
  }
  return {
    Successful: entries.filter((entry) => !failed.has(entry)).map(({ Id }) => ({ Id })),
    Failed: [...failed].map(({ Id }) => ({ Id, Code: 'InternalError', SenderFault: false })),
  };
}

/** All queues of a stage, by their URLs. */
export class Queues {
  readonly #scheduler: Scheduler;
  readonly #choices: Choices;
  readonly #queues = new Map<string, Queue>();

  constructor(scheduler: Scheduler, choices: Choices) {
    this.#scheduler = scheduler;
    this.#choices = choices;
  }

  create(options: QueueOptions): Queue {
    const queue = new Queue(options, this.#scheduler, this.#choices);
    this.#queues.set(urlOf(queue), queue);
    return queue;
  }

  /** What the services' own code takes for a client of SQS. */
  clientOf(instance: Instance): SQSClient {
    const send = (command: { input: { QueueUrl?: string } }) => {
      const queue = this.#queues.get(command.input.QueueUrl ?? '');
      if (!queue) throw new Error(`there is no queue ${command.input.QueueUrl}`);
      return this.#scheduler.call(instance, `${verbOf(command)} ${queue.name}`, () => this.#act(queue, command));
    };
    return { send } as unknown as SQSClient;
  }

  #act(queue: Queue, command: object): object {
    if (command instanceof SendMessageBatchCommand)
      return takeEntries(command.input.Entries ?? [], this.#choices, ({ MessageBody = '', ...entry }) =>
        queue.send(MessageBody, entry.MessageGroupId, entry.MessageDeduplicationId),
      );
    if (command instanceof ReceiveMessageCommand) {
      const Messages = queue.receive().map(({ messageId, receiptHandle, body, attributes }) => ({
        ...{ MessageId: messageId, ReceiptHandle: receiptHandle, Body: body, Attributes: attributes },
      }));
      return { Messages };
    }
    if (command instanceof DeleteMessageBatchCommand)
      queue.delete((command.input.Entries ?? []).map(({ ReceiptHandle = '' }) => ReceiptHandle));
    else if (command instanceof ChangeMessageVisibilityBatchCommand)
      for (const { ReceiptHandle = '', VisibilityTimeout = 0 } of command.input.Entries ?? [])
        queue.hide(ReceiptHandle, VisibilityTimeout);
    else throw new Error(`the simulation knows no ${command.constructor.name}`);
    return {};
  }
}

export const urlOf = ({ name }: { name: string }): string => `https://queues/${name}`;

function verbOf(command: object): string {
  if (command instanceof SendMessageBatchCommand) return 'sends to';
  if (command instanceof ReceiveMessageCommand) return 'receives from';
  return command instanceof DeleteMessageBatchCommand ? 'deletes from' : 'sets the backoff in';
}
