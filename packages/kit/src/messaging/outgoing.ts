import type { MessageContract, MessageKind } from '../contracts/contract.ts';
import { MessageTooLargeError } from './errors.ts';
import { encodeMessage, type Message } from './message.ts';

/** Data that is stored apart from its message. */
export interface LargeData {
  key: string;
  bytes: Uint8Array<ArrayBuffer>;
  contentType: string;
}

/** A message that is ready to send. */
export interface OutgoingMessage {
  /** Name of the channel. */
  channel: string;
  /** Messages of one group keep their order. */
  group: string;
  messageId: string;
  type: string;
  kind: MessageKind;
  /** Type of the other rendition of the same event, for subscription filters. */
  alternateType?: string;
  /** Trace context of the message. */
  traceparent?: string;
  /** The CloudEvent, serialized. */
  body: string;
  /** The data, if it is stored apart. It must be stored before the message is committed. */
  claim?: LargeData;
}

/**
 * Maximum size of a message with its attributes: the default limit of SNS
 * (https://docs.aws.amazon.com/sns/latest/dg/large-message-payloads.html). Since August 2025, SQS accepts 1 MiB, and
 * topics can be configured to accept the same size
 * (https://aws.amazon.com/about-aws/whats-new/2025/08/amazon-sqs-max-payload-size-1mib/). However, pending and parked
 * messages are items of a table, and items are limited to 400 KB
 * (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html).
 */
export const MAX_BYTES = 256 * 1024;
/** Upper bound for the size of the attributes, the group and the deduplication ID. */
const BYTES_BESIDE_BODY = 1024;

/**
 * Moves the data of a message to the message's `claim`.
 * @throws {MessageTooLargeError} if the data cannot be stored apart
 */
export type Apart = (ready: OutgoingMessage, contract: MessageContract, message: Message) => OutgoingMessage;

export const bytesOf = ({ body }: OutgoingMessage): number => Buffer.byteLength(body) + BYTES_BESIDE_BODY;

/**
 * Creates a message that is ready to send on a channel. Messages of one `group` keep their order.
 * @param group default: the subject of the message
 * @param apart called if the message is too large: moves the data to `claim`, which must be stored before the commit
 * @throws {MessageTooLargeError} if the message exceeds the limit of every channel
 * @beta
 */
export function outgoing<C extends MessageContract>(
  channel: string,
  contract: C,
  message: Message<C>,
  group: string = message.subject,
  apart?: Apart,
): OutgoingMessage {
  const ready: OutgoingMessage = {
    channel,
    group,
    messageId: message.id,
    type: message.type,
    kind: contract.kind,
    ...(message.alternatetype !== undefined && { alternateType: message.alternatetype }),
    ...(message.traceparent !== undefined && { traceparent: message.traceparent }),
    body: encodeMessage(contract, message),
  };
  if (bytesOf(ready) <= MAX_BYTES) return ready;
  if (apart) return apart(ready, contract, message);
  throw new MessageTooLargeError(
    ready,
    bytesOf(ready),
    MAX_BYTES,
    '. Data of up to 8 MB can be stored apart if the channel is `large` and its sender has a claim check',
  );
}
