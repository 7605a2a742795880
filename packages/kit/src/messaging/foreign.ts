import * as z from 'zod';
import { jsonOf } from '../aws/environment.ts';
import { JSON_FORMAT } from './codecs.ts';
import { UnreadableMessageError } from './errors.ts';
import { type Envelope, keyText, parseJson, type ReadEnvelope, sequenceOf } from './message.ts';

/** What an adapter finds in a message that is no CloudEvent of the kit. */
export interface ForeignMessage {
  /** The same whenever the message comes again, and of no other message of its channel: it is applied once by it. */
  id: string;
  /** One of the channel's `senders`. */
  source: string;
  /** That of a contract which the consumer reads. */
  type: string;
  /** What it is about: the aggregate's id. */
  subject: string;
  /**
   * The subject's version, which begins at 1 and rises by 1 with each message. Needed on a channel that is `ordered`; there
   * is no order without it but that of the queue.
   */
  version?: number | undefined;
  /** RFC 3339. */
  time: string;
  data: unknown;
  /** Default: its id. */
  correlationId?: string | undefined;
  /** W3C Trace Context. */
  traceparent?: string | undefined;
}

/**
 * Reads messages of others, for `read` of a consumer. Only the body of a message is read: the attributes of SQS are not kept
 * when it is parked.
 * @param shape what the body's JSON must have
 * @param read where the message's own attributes are; what it throws makes the message unreadable
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

/** @throws {UnreadableMessageError} whatever the adapter throws */
function byAdapter<T>(run: () => T): T {
  try {
    return run();
  } catch (cause) {
    // What it says may quote the body.
    throw new UnreadableMessageError(`message cannot be read: its adapter fails with ${(cause as Error).name}`, {
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
  if (!success) throw unreadable('lacks what every message has', message, error);
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

/** The value at a path of what was read; undefined: there is none. */
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
 * What SNS delivers to a queue unless the subscription has raw delivery: its own envelope around the message's JSON.
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
