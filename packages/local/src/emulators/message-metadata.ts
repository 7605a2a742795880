import { AsyncLocalStorage } from 'node:async_hooks';

/** A message of fauxqs, with the metadata that this file adds. */
export interface Message {
  messageId: string;
  body: string;
  messageAttributes: MessageAttributes;
  messageGroupId?: string;
  sequenceNumber?: string;
  /** The sender, which receivers get in `SenderId`. */
  senderId?: string | undefined;
  /** The trace header with which the message was sent. */
  traceHeader?: string | undefined;
  /** ARN of the message's current queue. */
  queueArn?: string;
  /** ARN of the queue from which the message was moved to a dead-letter queue. */
  deadLetterSource?: string | undefined;
}

export type MessageAttributes = Record<string, { DataType: string; StringValue?: string; BinaryValue?: string }>;

/** A queue of fauxqs. */
export interface Queue {
  name: string;
  url: string;
  arn: string;
  attributes: Record<string, string | undefined>;
  inflightMessages: Map<string, { message: Message }>;
  isFifo(): boolean;
  getAttribute(name: string): string | undefined;
  nextSequenceNumber(): string;
  enqueue(message: Message): void;
  dequeue(max: number, visibilityTimeout?: number): Array<{ ReceiptHandle: string }>;
  deleteMessage(receiptHandle: string): void;
  changeVisibility(receiptHandle: string, seconds: number): void;
  inspectMessages(): Record<'ready' | 'delayed', Message[]>;
}

export interface QueueStore {
  getQueue(url: string): Queue | undefined;
  getQueueByArn(arn: string): Queue | undefined;
  allQueues(): Iterable<Queue>;
}

/** Columns for the metadata, in addition to the columns of fauxqs. */
const COLUMNS = ['sender_id', 'trace_header', 'dead_letter_source'] as const;

interface Sending {
  sender: string | undefined;
  /** The trace header of the request, for messages without a trace header of their own. */
  traceHeader: string | undefined;
}

/** Context of the request that is being handled. */
const sending = new AsyncLocalStorage<Sending>();
/** Trace headers, keyed by the attributes object of the message with which they were sent. */
const traceHeaders = new WeakMap<MessageAttributes, string>();

/** Runs a function on behalf of a request that may send messages. */
export const withSender = (from: Sending, run: () => void): void => sending.run(from, run);

/**
 * Records the trace header of a message.
 * @param attributes the object that will become the attributes of the message
 */
export const recordTraceHeader = (attributes: MessageAttributes, header: string) =>
  traceHeaders.set(attributes, header);

type CreateMessage = (body: string, attributes?: MessageAttributes, ...more: unknown[]) => Message;

/**
 * Makes fauxqs record the actual sender, the trace header and the previous queue of each message. Otherwise, fauxqs
 * would report the account as the sender.
 */
export function recordMetadata(
  SqsStore: { createMessage: CreateMessage },
  { prototype }: { prototype: Pick<Queue, 'enqueue'> },
): void {
  const { createMessage } = SqsStore;
  SqsStore.createMessage = (body, attributes = {}, ...more) => ({
    ...createMessage(body, attributes, ...more),
    senderId: sending.getStore()?.sender,
    traceHeader: traceHeaders.get(attributes) ?? sending.getStore()?.traceHeader,
  });
  const { enqueue } = prototype;
  prototype.enqueue = function (this: Queue, message) {
    // When fauxqs moves a message to a dead-letter queue, it passes the same object, which still has the ARN of the
    // previous queue.
    if (message.queueArn !== undefined && message.queueArn !== this.arn) message.deadLetterSource = message.queueArn;
    message.queueArn = this.arn;
    enqueue.call(this, message);
  };
}

type Value = string | null;

export interface Persistence {
  db: {
    exec(sql: string): void;
    prepare(sql: string): { all(): Array<Record<string, Value>>; run(...values: Value[]): void };
  };
  insertMessage(queue: string, message: Message): void;
}

/**
 * Makes the metadata survive a restart. Adds the stored metadata to the messages that fauxqs has loaded.
 * @returns the replacement of `insertMessage`, which also stores the metadata
 */
export function persistMetadata({ db, ...persistence }: Persistence, store: QueueStore): Persistence['insertMessage'] {
  const existing = db.prepare("SELECT name FROM pragma_table_info('sqs_messages')").all();
  for (const column of COLUMNS)
    if (!existing.some(({ name }) => name === column)) db.exec(`ALTER TABLE sqs_messages ADD COLUMN ${column} TEXT`);
  const rows = db.prepare(`SELECT message_id, ${COLUMNS.join(', ')} FROM sqs_messages`).all();
  const stored = new Map(rows.map((row) => [row.message_id, row]));
  for (const queue of store.allQueues()) {
    const { ready, delayed } = queue.inspectMessages();
    for (const message of [...ready, ...delayed]) {
      const { sender_id, trace_header, dead_letter_source } = stored.get(message.messageId) ?? {};
      message.queueArn = queue.arn;
      message.senderId = sender_id ?? undefined;
      message.traceHeader = trace_header ?? undefined;
      message.deadLetterSource = dead_letter_source ?? undefined;
    }
  }
  const update = db.prepare(`UPDATE sqs_messages SET ${COLUMNS.map((column) => `${column} = ?`)} WHERE message_id = ?`);
  // Uses one transaction, because a crash between the two writes would leave a message without a sender, and the
  // consumer would park this message.
  return (queue, message) => {
    const { messageId, senderId, traceHeader, deadLetterSource } = message;
    db.exec('SAVEPOINT sent');
    try {
      persistence.insertMessage(queue, message);
      update.run(senderId ?? null, traceHeader ?? null, deadLetterSource ?? null, messageId);
    } catch (error) {
      db.exec('ROLLBACK TO sent');
      throw error;
    } finally {
      // Closes the savepoint even after an error. While a savepoint is open, later writes are not committed, so they
      // would be discarded when the process ends.
      db.exec('RELEASE sent');
    }
  };
}
