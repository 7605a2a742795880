import { setTimeout as delay } from 'node:timers/promises';
import { type BatchResultErrorEntry, SendMessageBatchCommand, SQSClient } from '@aws-sdk/client-sqs';
import { type Span, SpanKind } from '@opentelemetry/api';
import { clientDefaults } from '../aws/clients.ts';
import { beginSpan, endSpan } from '../observability/spans.ts';
import { PermanentError } from './errors.ts';
import { bytesOf, MAX_BYTES, type OutgoingMessage } from './outgoing.ts';

/** SNS and SQS accept at most 10 entries in one call. */
const ENTRIES_PER_CALL = 10;

export interface Sender {
  /**
   * Sends messages of *different* groups, in parallel calls. Messages of one group may be passed together only if their
   * order does not matter, because an early entry of a batch can fail while a later one succeeds.
   * @returns the error of each message that the broker did not confirm. It is a {@link PermanentError} if the channel
   * has no address, or if the broker rejected the message or the call for a reason other than throttling. Messages
   * that are not in the map were sent
   */
  send(messages: readonly OutgoingMessage[]): Promise<Map<OutgoingMessage, Error>>;
}

/** The ARN of each topic and the URL of each queue, by channel name. */
export type Addresses = Readonly<Record<string, string>>;

export interface SenderOptions {
  /**
   * The result of `publishByTopics`, which is required to send to topics. It is a separate option, so that functions
   * that send only to queues do not bundle the SNS client.
   */
  publish?: Publish;
  sqs: SQSClient;
  addresses: Addresses;
}

export interface TopicEntry {
  Id: string;
  MessageGroupId?: string;
  MessageDeduplicationId?: string;
  MessageAttributes: ReturnType<typeof attributesOf>;
  Message: string;
}

/** One call of PublishBatch. */
export type Publish = (topicArn: string, entries: TopicEntry[]) => Promise<BatchResult>;

/** The response of SNS or SQS to a call, with the result of each entry. */
interface BatchResult {
  Successful?: Array<{ Id?: string | undefined }> | undefined;
  Failed?: FailedEntry[] | undefined;
}

type FailedEntry = Pick<BatchResultErrorEntry, 'Id' | 'Code' | 'Message' | 'SenderFault'>;

/**
 * Creates a sender to topics and queues. A channel whose address is an ARN is a topic.
 * @throws {Error} if a channel is a topic and `publish` is missing
 */
export function createSender({ publish, sqs, addresses }: SenderOptions): Sender {
  const topics = Object.keys(addresses).filter((name) => isTopic(addresses[name] ?? ''));
  if (!publish && topics.length > 0)
    throw new Error(`no publisher for topics, such as ${topics[0]}: pass publishByTopics to createSender`);

  function call(address: string, messages: readonly OutgoingMessage[]): Promise<BatchResult> {
    const entries = messages.map((message, index) => ({
      Id: String(index),
      ...(isOrdered(address) && { MessageGroupId: message.group, MessageDeduplicationId: message.messageId }),
      MessageAttributes: attributesOf(message),
      body: message.body,
    }));
    if (publish && isTopic(address)) {
      return publish(
        address,
        entries.map(({ body, ...entry }) => ({ ...entry, Message: body })),
      );
    }
    const Entries = entries.map(({ body, ...entry }) => ({ ...entry, MessageBody: body }));
    return sqs.send(new SendMessageBatchCommand({ QueueUrl: address, Entries }));
  }

  async function sendCall(
    channel: string,
    address: string,
    messages: readonly OutgoingMessage[],
  ): Promise<Array<[OutgoingMessage, Error]>> {
    const spans = messages.map((message) => beginSending(address, message));
    const failed = await trySending(channel, address, messages);
    const errors = new Map(failed);
    for (const [index, message] of messages.entries()) endSpan(spans[index] as Span, errors.get(message));
    return failed;
  }

  async function trySending(
    channel: string,
    address: string,
    messages: readonly OutgoingMessage[],
  ): Promise<Array<[OutgoingMessage, Error]>> {
    try {
      const { Successful = [], Failed = [] } = await call(address, messages);
      const confirmed = new Set(Successful.map(({ Id }) => Id));
      const errors = new Map(Failed.map((entry) => [entry.Id, errorOf(channel, entry)]));
      return messages.flatMap((message, index) => {
        const id = String(index);
        return confirmed.has(id) ? [] : [[message, errors.get(id) ?? new Error('the broker returned no result')]];
      });
    } catch (error) {
      if (!isRefusal(error)) return messages.map((message) => [message, error as Error]);
      if (messages.length > 1 && ENTRY_ERRORS.has(error.name)) {
        return (await Promise.all(messages.map((message) => trySending(channel, address, [message])))).flat();
      }
      const refusal = new PermanentError(`${channel} rejects the call: ${error.name}: ${error.message}`, {
        cause: error,
      });
      return messages.map((message) => [message, refusal]);
    }
  }

  async function sendTo(channel: string, messages: OutgoingMessage[]): Promise<Array<[OutgoingMessage, Error]>> {
    const address = addresses[channel];
    if (address !== undefined) {
      return (await Promise.all(fillCalls(messages).map((batch) => sendCall(channel, address, batch)))).flat();
    }
    const unknown = new PermanentError(
      `no address for channel ${channel}; channels with an address: ${Object.keys(addresses)}`,
    );
    return messages.map((message) => [message, unknown]);
  }

  return {
    async send(messages) {
      const byChannel = [...Map.groupBy(messages, ({ channel }) => channel)];
      return new Map((await Promise.all(byChannel.map(([channel, batch]) => sendTo(channel, batch)))).flat());
    },
  };
}

/**
 * Creates a sender to queues only, for services without an outbox.
 * @param addresses URLs of queues, by channel name
 * @beta
 */
export const createQueueSender = (addresses: Addresses): Sender =>
  createSender({ sqs: new SQSClient(clientDefaults), addresses });

/**
 * The maximum time that an outgoing message waits for further messages that can be sent in the same call. It is short,
 * so that one handler that waits for a slow provider does not delay the messages of the other handlers for long.
 */
const MAX_WAIT_MS = 100;
const defaultWait = () => delay(MAX_WAIT_MS);

/** A sender that combines the messages that handlers send in parallel. */
export interface BatchingSender extends Sender {
  /** Runs an operation that may send messages. */
  during<T>(run: () => Promise<T>): Promise<T>;
}

/**
 * Creates a sender that combines the outgoing messages of concurrent operations. It sends when all running operations
 * wait to send, or when the first operation has waited for the maximum time. The order of the messages must not matter.
 * @param wait resolves after the maximum time
 */
export function batchingSender(sender: Sender, wait: () => Promise<unknown> = defaultWait): BatchingSender {
  type Errors = Awaited<ReturnType<Sender['send']>>;
  let waiting: Array<{ messages: readonly OutgoingMessage[]; result: PromiseWithResolvers<Errors> }> = [];
  let running = 0;

  async function flush(atOnce = false): Promise<void> {
    if (waiting.length === 0 || (waiting.length < running && !atOnce)) return;
    const all = waiting;
    waiting = [];
    try {
      const errors = await sender.send(all.flatMap(({ messages }) => messages));
      for (const { messages, result } of all) {
        result.resolve(new Map([...errors].filter(([message]) => messages.includes(message))));
      }
    } catch (error) {
      for (const { result } of all) result.reject(error);
    }
  }

  return {
    async during(run) {
      running++;
      try {
        return await run();
      } finally {
        running--;
        void flush();
      }
    },

    send(messages) {
      const result = Promise.withResolvers<Errors>();
      waiting.push({ messages, result });
      if (waiting.length === 1) void wait().then(() => flush(true));
      void flush();
      return result.promise;
    },
  };
}

const isTopic = (address: string) => address.startsWith('arn:');

/** Whether an address belongs to a FIFO topic or queue. Standard topics and queues reject a deduplication id. */
const isOrdered = (address: string) => address.endsWith('.fifo');

/** https://opentelemetry.io/docs/specs/semconv/messaging/messaging-spans/ */
const beginSending = (address: string, { channel, group, messageId, type, traceparent }: OutgoingMessage): Span =>
  beginSpan(`${isTopic(address) ? 'publish' : 'send'} ${channel}`, {
    kind: SpanKind.PRODUCER,
    parent: traceparent,
    attributes: {
      'messaging.system': isTopic(address) ? 'aws.sns' : 'aws_sqs',
      'messaging.operation.type': 'send',
      'messaging.destination.name': address.split(/[:/]/).at(-1) ?? '',
      'messaging.message.id': messageId,
      'cloudevents.event_type': type,
      'rollcall.aggregate': group.split('/').at(-1) ?? group,
    },
  });

/** Only the attributes that filters need, because raw delivery discards a message with more than ten attributes. */
function attributesOf({ type, kind, alternateType }: OutgoingMessage) {
  const attributes = { type, kind, ...(alternateType !== undefined && { alternatetype: alternateType }) };
  return Object.fromEntries(
    Object.entries(attributes).map(([name, StringValue]) => [name, { DataType: 'String', StringValue }]),
  );
}

/**
 * Errors of a whole call that a single invalid or oversized entry can cause. After such an error, each entry is sent
 * in a separate call.
 */
const ENTRY_ERRORS = new Set([
  'InvalidParameterException',
  'InvalidParameterValueException',
  'InvalidMessageContents',
  'BatchRequestTooLongException',
  'BatchRequestTooLong',
]);

const isThrottling = (code = '') => /throttl/i.test(code);

/** Whether a service rejected a call, other than by throttling. Service exceptions of the SDK have a `$fault`. */
const isRefusal = (error: unknown): error is Error =>
  error instanceof Error && '$fault' in error && error.$fault === 'client' && !isThrottling(error.name);

function errorOf(channel: string, { Code, Message, SenderFault }: FailedEntry): Error {
  const text = `${channel} rejects the message: ${Code}: ${Message}`;
  return SenderFault && !isThrottling(Code) ? new PermanentError(text) : new Error(text);
}

/** Distributes messages over calls, within the limits on the number of entries and the bytes of a call. */
export function fillCalls(messages: readonly OutgoingMessage[]): OutgoingMessage[][] {
  const calls: OutgoingMessage[][] = [];
  let bytes = Number.POSITIVE_INFINITY;
  for (const message of messages) {
    const size = bytesOf(message);
    const current = calls.at(-1);
    if (current && current.length < ENTRIES_PER_CALL && bytes + size <= MAX_BYTES) {
      current.push(message);
      bytes += size;
    } else {
      calls.push([message]);
      bytes = size;
    }
  }
  return calls;
}
