import * as z from 'zod';
import type { MessageContract } from '../contracts/contract.ts';
import { UnreadableMessageError } from './errors.ts';

/** They become keys of tables, which end at 1,024 bytes. */
const name = z.string().min(1).max(200);

/**
 * A CloudEvents 1.0 event in structured JSON mode, with the published extensions `partitionkey`, `sequence` and
 * `traceparent`. Unknown attributes are kept out, not refused (https://github.com/cloudevents/spec).
 */
const header = z.object({
  specversion: z.literal('1.0'),
  id: name,
  source: name,
  type: name,
  subject: name,
  time: z.iso.datetime({ offset: true }),
  datacontenttype: z.literal('application/json').default('application/json'),
  dataschema: z.string().optional(),
  partitionkey: z.string(),
  /** The aggregate's version, zero-padded because the extension demands an order by characters. */
  sequence: z.string().regex(/^\d+$/).optional(),
  traceparent: z.string().optional(),
  correlationid: z.string().optional(),
  causationid: z.string().optional(),
  replyto: z.string().optional(),
});

type Header = z.output<typeof header>;

export type Message<C extends MessageContract = MessageContract> = C extends MessageContract
  ? Omit<Header, 'type'> & { type: C['type']; data: z.output<C['data']> }
  : never;

const SEQUENCE_DIGITS = 16;

export interface MessageInput<C extends MessageContract> {
  id: string;
  source: string;
  /** Aggregate id; also the partition key. */
  subject: string;
  /** The aggregate's version that this event reports; none for a command. */
  version?: number;
  time: Date;
  data: z.input<C['data']>;
  correlationId?: string;
  traceparent?: string;
}

/** @throws {z.ZodError} if `data` breaks the contract: a defect of the caller, not of a message. */
export function createMessage<C extends MessageContract>(contract: C, input: MessageInput<C>): Message<C> {
  const { version, correlationId, traceparent } = input;
  return {
    specversion: '1.0',
    id: input.id,
    source: input.source,
    type: contract.type,
    subject: input.subject,
    time: input.time.toISOString(),
    datacontenttype: 'application/json',
    partitionkey: input.subject,
    ...(version !== undefined && { sequence: String(version).padStart(SEQUENCE_DIGITS, '0') }),
    ...(traceparent !== undefined && { traceparent }),
    correlationid: correlationId ?? input.id,
    data: contract.data.parse(input.data),
  } as Message<C>;
}

/** A message whose header can be read, and whose data nobody has looked at yet. */
export type Envelope = Header & { data?: unknown };

/** @throws {UnreadableMessageError} if the body is no CloudEvent, naming what is wrong */
export function readEnvelope(body: string): Envelope {
  const raw = parseJson(body);
  const head = header.safeParse(raw);
  if (!head.success) throw unreadable('is no CloudEvent', head.error);
  return { ...head.data, data: (raw as { data?: unknown }).data };
}

/**
 * Reads an envelope's data as one of `contracts`. Tolerant: unknown fields are ignored, defaults are filled in.
 * @throws {UnreadableMessageError} naming what is wrong and where
 */
export function readMessage<C extends MessageContract>(envelope: Envelope, contracts: readonly C[]): Message<C> {
  const contract = contracts.find(({ type }) => type === envelope.type);
  if (!contract) throw new UnreadableMessageError(`message ${envelope.id}: unknown type ${envelope.type}`);
  const data = contract.data.safeParse(envelope.data);
  if (!data.success) throw unreadable(`${envelope.id} breaks ${contract.type}`, data.error);
  return { ...envelope, data: data.data } as Message<C>;
}

/** The aggregate version that an event reports. @throws {UnreadableMessageError} if it reports none. */
export function versionOf(message: { id: string; sequence?: string | undefined }): number {
  const version = Number(message.sequence);
  if (!Number.isSafeInteger(version) || version < 1) {
    throw new UnreadableMessageError(`message ${message.id}: sequence ${message.sequence} is no version from 1 up`);
  }
  return version;
}

/** The envelope of a message that names its aggregate and version. @throws {UnreadableMessageError} of any other */
export function readOrdered(body: string): Envelope {
  const envelope = readEnvelope(body);
  versionOf(envelope);
  return envelope;
}

function parseJson(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch (cause) {
    throw new UnreadableMessageError(`message is no JSON: ${(cause as Error).message}`, { cause });
  }
}

const unreadable = (what: string, cause: z.ZodError) =>
  new UnreadableMessageError(
    `message ${what}: ${cause.issues.map((issue) => `${issue.path.join('.') || 'message'} ${issue.message}`).join('; ')}`,
    { cause },
  );
