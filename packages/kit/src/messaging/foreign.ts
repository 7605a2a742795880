import * as z from 'zod';
import { jsonOf } from '../aws/environment.ts';
import { JSON_FORMAT } from './codecs.ts';
import { UnreadableMessageError } from './errors.ts';
import { type Envelope, keyText, parseJson, type ReadEnvelope, sequenceOf } from './message.ts';

/** The result of an adapter for a message that is not a CloudEvent of the kit. */
export interface ForeignMessage {
  /** Unique among the messages of its channel, and the same at every redelivery: the message is applied once by it. */
  id: string;
  /** One of the channel's `senders`. */
  source: string;
  /** The type of a contract that the consumer reads. */
  type: string;
  /** The aggregate's id. */
  subject: string;
  /**
   * The subject's version, starting at 1 and rising by 1 with each message. Required on a channel that is `ordered`;
   * without it, the order is that of the queue.
   */
  version?: number | undefined;
  /** RFC 3339. */
  time: string;
  data: unknown;
  /** Default: `id`. */
  correlationId?: string | undefined;
  /** W3C Trace Context. */
  traceparent?: string | undefined;
}

/**
 * Reads messages of other systems, for `read` of a consumer. Only the body is read: SQS message attributes are not kept
 * when a message is parked.
 * @param shape schema of the body's JSON
 * @param read maps the body to the message's attributes; an error that it throws makes the message unreadable
 * @public
 */
export const foreign =
  <S extends z.ZodType>(shape: S, read: (body: z.output<S>) => ForeignMessage): ReadEnvelope =>
  (body) => {
    const raw = parseJson(body);
    const parsed = byAdapter(() => shape.safeParse(raw));
    if (!parsed.success) throw unreadable('is not what its adapter reads', raw, parsed.error);
    return envelopeOf(byAdapter(() => read(parsed.data)));
  };

/** @throws {UnreadableMessageError} for any error of the adapter */
function byAdapter<T>(run: () => T): T {
  try {
    return run();
  } catch (cause) {
    // The error text may quote the body.
    throw new UnreadableMessageError(`message cannot be read: its adapter throws ${(cause as Error).name}`, {
      cause,
    });
  }
}

const attributes = z.object({
  id: keyText,
  source: keyText,
  type: keyText,
  subject: keyText,
  version: z.int().min(1).optional(),
  time: z.iso.datetime({ offset: true }),
  correlationId: keyText.optional(),
  traceparent: z.string().optional(),
});

function envelopeOf(message: ForeignMessage): Envelope {
  const { success, data, error } = attributes.safeParse(message);
  if (!success) throw unreadable('lacks a required attribute', message, error);
  const { version, correlationId, ...given } = data;
  return {
    ...given,
    specversion: '1.0',
    datacontenttype: JSON_FORMAT,
    partitionkey: given.subject,
    ...(version !== undefined && { sequence: sequenceOf(version) }),
    correlationid: correlationId ?? given.id,
    data: message.data,
  };
}

/** The value at a path; undefined if there is none. */
const at = (raw: unknown, path: readonly PropertyKey[]): unknown =>
  path.reduce<unknown>((value, key) => (value as Record<PropertyKey, unknown> | null | undefined)?.[key], raw);

function unreadable(what: string, raw: unknown, cause: z.ZodError): UnreadableMessageError {
  const issues = cause.issues.map(
    ({ path, message }) =>
      `${path.join('.') || 'body'} ${at(raw, path) === undefined ? 'is missing' : `is wrong: ${message}`}`,
  );
  return new UnreadableMessageError(`message ${what}: ${issues.join('; ')}`, { cause });
}

/**
 * The format of SNS without raw message delivery: its own envelope around the message's JSON.
 * https://docs.aws.amazon.com/sns/latest/dg/sns-message-and-json-formats.html
 * @public
 */
export const snsNotification = <S extends z.ZodType>(message: S) =>
  z.object({
    Type: z.literal('Notification'),
    MessageId: z.string(),
    TopicArn: z.string(),
    Timestamp: z.string(),
    MessageAttributes: z.record(z.string(), z.object({ Type: z.string(), Value: z.string() })).default({}),
    Message: jsonOf(message),
  });

/**
 * https://docs.aws.amazon.com/eventbridge/latest/ref/overview-events-structure.html
 * @public
 */
export const eventBridgeEvent = <S extends z.ZodType>(detail: S) =>
  z.object({
    id: z.string(),
    source: z.string(),
    'detail-type': z.string(),
    time: z.string(),
    detail,
  });
