import { AsyncLocalStorage } from 'node:async_hooks';

/** A message of fauxqs, with the additional facts recorded here. */
export interface Message {
  messageId: string;
  body: string;
  messageAttributes: MessageAttributes;
  messageGroupId?: string;
  sequenceNumber?: string;
  /** The sender, as receivers get it in `SenderId`. */
  senderId?: string | undefined;
  /** The trace header it was sent with. */
  traceHeader?: string | undefined;
  /** ARN of its current queue. */
  queueArn?: string;
  /** ARN of the queue whose dead letter it is. */
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

/** Columns for these facts, in addition to those of fauxqs. */
const COLUMNS = ['sender_id', 'trace_header', 'dead_letter_source'] as const;

interface Sending {
  sender: string | undefined;
  /** Default for messages that carry none themselves. */
  traceHeader: string | undefined;
}

/** Context of the request that is being handled. */
const sending = new AsyncLocalStorage<Sending>();
/** Keyed by the attributes object of the message that it was sent with. */
const traceHeaders = new WeakMap<MessageAttributes, string>();

/** Runs a function on behalf of a request that may send messages. */
export const whileSending = (from: Sending, run: () => void): void => sending.run(from, run);

/** Records a message's system attributes. @param attributes the object that the message will have as its attributes */
export const noteTraceHeader = (attributes: MessageAttributes, header: string) => traceHeaders.set(attributes, header);

type CreateMessage = (body: string, attributes?: MessageAttributes, ...more: unknown[]) => Message;

/**
 * Makes fauxqs record the actual sender, the trace header and the previous queue of each message; by itself, it reports
 * the account as the sender.
 */
export function noteFacts(
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
    // fauxqs passes the same message object to the dead-letter queue.
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

/** Makes these facts survive a restart. */
export function keepFacts({ db, ...persistence }: Persistence, store: QueueStore): Persistence['insertMessage'] {
  const known = db.prepare("SELECT name FROM pragma_table_info('sqs_messages')").all();
  for (const column of COLUMNS)
    if (!known.some(({ name }) => name === column)) db.exec(`ALTER TABLE sqs_messages ADD COLUMN ${column} TEXT`);
  const rows = db.prepare(`SELECT message_id, ${COLUMNS.join(', ')} FROM sqs_messages`).all();
  const kept = new Map(rows.map((row) => [row.message_id, row]));
  for (const queue of store.allQueues()) {
    const { ready, delayed } = queue.inspectMessages();
    for (const message of [...ready, ...delayed]) {
      const { sender_id, trace_header, dead_letter_source } = kept.get(message.messageId) ?? {};
      message.queueArn = queue.arn;
      message.senderId = sender_id ?? undefined;
      message.traceHeader = trace_header ?? undefined;
      message.deadLetterSource = dead_letter_source ?? undefined;
    }
  }
  const keep = db.prepare(`UPDATE sqs_messages SET ${COLUMNS.map((each) => `${each} = ?`)} WHERE message_id = ?`);
  // In one transaction: a crash in between would leave a message without a sender, which its consumer parks permanently.
  return (queue, message) => {
    const { messageId, senderId, traceHeader, deadLetterSource } = message;
    db.exec('SAVEPOINT sent');
    try {
      persistence.insertMessage(queue, message);
      keep.run(senderId ?? null, traceHeader ?? null, deadLetterSource ?? null, messageId);
    } catch (error) {
      // An open savepoint would discard all later writes when the process ends.
      db.exec('ROLLBACK TO sent');
      throw error;
    } finally {
      db.exec('RELEASE sent');
    }
  };
}
