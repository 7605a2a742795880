import * as z from 'zod';
import { jsonOf } from '../aws/environment.ts';
import { JSON_FORMAT } from './codecs.ts';
import { UnreadableMessageError } from './errors.ts';
import { type Envelope, keyText, parseJson, type ReadEnvelope, sequenceOf } from './message.ts';

/** The result of an adapter for a message that is not a CloudEvent of the kit. */
export interface ForeignMessage {
  /**
   * The id of the message. It must be unique in the channel and the same at every redelivery, because a consumer
   * without versions recognises duplicates by their ids.
   */
  id: string;
  /** One of the channel's `senders`. */
  source: string;
  /** The type of a contract that the consumer reads. */
  type: string;
  /** The aggregate's id. */
  subject: string;
  /**
   * The subject's version, starting at 1 and rising by 1 with each message. Required on a channel that is `ordered`.
   * Without versions, messages are applied in the order in which the queue delivers them.
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
 * Creates the option `read` of a consumer that reads messages of other systems. Only the body is read, because SQS
 * message attributes are not stored when a message is parked.
 * @param shape schema of the body's JSON
 * @param read maps the body to the message's attributes; an error that it throws makes the message unreadable
 * @public
 */
export const foreign =
  <S extends z.ZodType>(shape: S, read: (body: z.output<S>) => ForeignMessage): ReadEnvelope =>
  (body) => {
    const raw = parseJson(body);
    const parsed = runAdapter(() => shape.safeParse(raw));
    if (!parsed.success) throw unreadable('does not match the schema of its adapter', raw, parsed.error);
    return envelopeOf(runAdapter(() => read(parsed.data)));
  };

/** @throws {UnreadableMessageError} for any error of the adapter */
function runAdapter<T>(run: () => T): T {
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
  if (!success) throw unreadable('has a missing or invalid attribute', message, error);
  const { version, correlationId, ...others } = data;
  return {
    ...others,
    specversion: '1.0',
    datacontenttype: JSON_FORMAT,
    partitionkey: others.subject,
    ...(version !== undefined && { sequence: sequenceOf(version) }),
    correlationid: correlationId ?? others.id,
    data: message.data,
  };
}

/** The value at a path; undefined if the path does not exist. */
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
 * Creates the schema of a message that SNS delivers without raw message delivery: an envelope of SNS around the
 * message's JSON.
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
 * Creates the schema of an EventBridge event:
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
