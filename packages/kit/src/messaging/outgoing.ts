import type { MessageContract, MessageKind } from '../contracts/contract.ts';
import { dataBytes } from './codecs.ts';
import { MessageTooLargeError } from './errors.ts';
import { claimOf, type LargeData, MAX_LARGE_BYTES } from './large/claim.ts';
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
  /** Its data, if that travels apart: kept by whoever commits the message, before. */
  claim?: LargeData;
}

/**
 * What a message may have, attributes included. SQS takes 1 MiB since August 2025, SNS since September 2026
 * (https://aws.amazon.com/about-aws/whats-new/2025/08/amazon-sqs-max-payload-size-1mib/,
 * https://aws.amazon.com/about-aws/whats-new/2026/09/amazon-sns-1mib-support/). What binds is the item of a table, of 400 KB,
 * in which a message waits for its publication, or is parked
 * (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html).
 */
export const MAX_BYTES = 256 * 1024;
/** What the attributes, group and deduplication ids of a message add to its body; generously rounded up. */
const BYTES_BESIDE_BODY = 1024;

export const bytesOf = ({ body }: OutgoingMessage): number => Buffer.byteLength(body) + BYTES_BESIDE_BODY;

/**
 * A message that is ready to be sent on a channel; messages of one `group` keep their order. Default: that of its subject.
 * @param large whether data that is too large may travel apart: then `claim` is to be kept before the message is committed
 * @throws {MessageTooLargeError} if no channel would take it: before anything is committed that it should report
 * @beta
 */
export function outgoing<C extends MessageContract>(
  channel: string,
  contract: C,
  message: Message<C>,
  group: string = message.subject,
  large = false,
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
  // What erases must be read when the data is erased.
  if (!large || contract.erases) throw new MessageTooLargeError(ready, bytesOf(ready), MAX_BYTES, SMALL_HERE);
  return withoutData(ready, contract, message);
}

const SMALL_HERE =
  '. Data of up to 8 MB travels apart on a channel that is `large: true`: of events and commands of a publisher that are for now, and do not erase';

function withoutData<C extends MessageContract>(
  ready: OutgoingMessage,
  contract: C,
  message: Message<C>,
): OutgoingMessage {
  const { data, ...head } = message;
  const bytes = dataBytes(contract, message.datacontenttype, data);
  if (bytes.length > MAX_LARGE_BYTES) throw new MessageTooLargeError(ready, bytes.length, MAX_LARGE_BYTES);
  const { claim, reference } = claimOf(ready.channel, message, bytes);
  return { ...ready, body: JSON.stringify({ ...head, ...reference }), claim };
}
