import type { MessageContract, MessageKind } from '../contracts/contract.ts';
import { MessageTooLargeError } from './errors.ts';
import { encodeMessage, type Message } from './message.ts';

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
}

/** What SNS takes (https://docs.aws.amazon.com/sns/latest/dg/large-message-payloads.html), attributes included. */
export const MAX_BYTES = 256 * 1024;
/** What the attributes, group and deduplication ids of a message add to its body; generously rounded up. */
const BYTES_BESIDE_BODY = 1024;

export const bytesOf = ({ body }: OutgoingMessage): number => Buffer.byteLength(body) + BYTES_BESIDE_BODY;

/**
 * A message that is ready to be sent on a channel; messages of one `group` keep their order. Default: that of its subject.
 * @throws {MessageTooLargeError} if no channel would take it: before anything is committed that it should report
 * @beta
 */
export function outgoing<C extends MessageContract>(
  channel: string,
  contract: C,
  message: Message<C>,
  group: string = message.subject,
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
  if (bytesOf(ready) > MAX_BYTES) throw new MessageTooLargeError(ready, bytesOf(ready), MAX_BYTES);
  return ready;
}
