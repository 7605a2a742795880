import type { MessageContract, MessageKind } from '../contracts/contract.ts';
import { MessageTooLargeError } from './errors.ts';
import { encodeMessage, type Message } from './message.ts';

/** Data that travels apart from its message. */
export interface LargeData {
  key: string;
  bytes: Uint8Array<ArrayBuffer>;
  contentType: string;
}

/** A message that is ready to be sent. */
export interface OutgoingMessage {
  /** Name of the channel; its address is a matter of configuration. */
  channel: string;
  /** Messages of a group keep their order. */
  group: string;
  messageId: string;
  type: string;
  kind: MessageKind;
  /** Type of the other rendition of the same event, for subscriptions to filter by. */
  alternateType?: string;
  /** Of the trace that it belongs to. */
  traceparent?: string;
  /** The CloudEvent, serialized. */
  body: string;
  /** Its data, if that travels apart: kept by whoever commits the message, before. */
  claim?: LargeData;
}

/**
 * What a message may have, attributes included: what SNS takes by default
 * (https://docs.aws.amazon.com/sns/latest/dg/large-message-payloads.html). SQS takes 1 MiB since August 2025, and topics can be set
 * so (https://aws.amazon.com/about-aws/whats-new/2025/08/amazon-sqs-max-payload-size-1mib/); but a message waits for its
 * publication in an item of a table, and is parked in one, of 400 KB
 * (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html).
 */
export const MAX_BYTES = 256 * 1024;
/** What the attributes, group and deduplication ids of a message add to its body; generously rounded up. */
const BYTES_BESIDE_BODY = 1024;

/** @throws {MessageTooLargeError} if its data cannot travel apart */
export type Apart = (ready: OutgoingMessage, contract: MessageContract, message: Message) => OutgoingMessage;

export const bytesOf = ({ body }: OutgoingMessage): number => Buffer.byteLength(body) + BYTES_BESIDE_BODY;

/**
 * A message that is ready to be sent on a channel; messages of one `group` keep their order. Default: that of its subject.
 * @param apart makes one that is too large a message without its data, whose `claim` is kept before it is committed
 * @throws {MessageTooLargeError} if no channel would take it: before anything is committed that it should report
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
    '. Data of up to 8 MB travels apart where the channel is `large` and its sender has a claim check',
  );
}
