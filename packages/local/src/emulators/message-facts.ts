import { AsyncLocalStorage } from 'node:async_hooks';

/** A message as fauxqs has it, with what is known of it here besides. */
export interface Message {
  messageId: string;
  body: string;
  messageAttributes: MessageAttributes;
  messageGroupId?: string;
  sequenceNumber?: string;
  /** Who sent it, as SQS says it to who receives it. */
  senderId?: string | undefined;
  /** That it was sent with. */
  traceHeader?: string | undefined;
  /** ARN of the queue that it is in. */
  queueArn?: string;
  /** ARN of the queue where it was received too often. */
  deadLetterSource?: string | undefined;
}

export type MessageAttributes = Record<string, { DataType: string; StringValue?: string; BinaryValue?: string }>;

/** A queue as fauxqs has it. */
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

/** The columns where they are kept, beside those of fauxqs. */
const COLUMNS = ['sender_id', 'trace_header', 'dead_letter_source'] as const;

interface Sending {
  sender: string | undefined;
  /** Of messages that say nothing of it themselves. */
  traceHeader: string | undefined;
}

/** Of the request that is being answered. */
const sending = new AsyncLocalStorage<Sending>();
/** By the attributes of the message that was sent with it. */
const traceHeaders = new WeakMap<MessageAttributes, string>();

/** Does something on behalf of a request that may send messages. */
export const whileSending = (from: Sending, run: () => void): void => sending.run(from, run);

/** What a request says of a message in its system attributes. @param attributes the object that the message gets as its own */
export const noteTraceHeader = (attributes: MessageAttributes, header: string) => traceHeaders.set(attributes, header);

type CreateMessage = (body: string, attributes?: MessageAttributes, ...more: unknown[]) => Message;

/** Has fauxqs, which says of every message that the account sent it, note who did, with which trace, and where it was before. */
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
    // fauxqs hands a message that was received too often to the dead-letter queue as it is.
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

/** Has what is noted of messages survive a restart. */
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
  // In one transaction: a process that dies in between would leave a message whose sender nobody knows, and which its
  // consumer parks for good.
  return (queue, message) => {
    const { messageId, senderId, traceHeader, deadLetterSource } = message;
    db.exec('SAVEPOINT sent');
    try {
      persistence.insertMessage(queue, message);
      keep.run(senderId ?? null, traceHeader ?? null, deadLetterSource ?? null, messageId);
    } catch (error) {
      // Left open, it would take all that is written afterwards with it when the process ends.
      db.exec('ROLLBACK TO sent');
      throw error;
    } finally {
      db.exec('RELEASE sent');
    }
  };
}
