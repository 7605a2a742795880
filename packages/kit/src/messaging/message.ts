import * as z from 'zod';
import type { MessageContract } from '../contracts/contract.ts';
import type { LogFields } from '../observability/spans.ts';
import { decodeData, type EncodedData, encodeData, type Format, JSON_FORMAT } from './codecs.ts';
import { UnreadableMessageError } from './errors.ts';

/** A text that becomes part of a table's key. A sort key is limited to 1,024 bytes. */
export const keyText = z.string().min(1).max(200);

/**
 * The header of a CloudEvents 1.0 event in structured JSON mode, with published extensions such as `partitionkey`,
 * `sequence`, `traceparent` and `dataref`, and with the kit's own extensions. Unknown attributes are dropped, not
 * rejected (https://github.com/cloudevents/spec).
 */
const header = z.object({
  specversion: z.literal('1.0'),
  id: keyText,
  source: keyText,
  type: keyText,
  subject: keyText,
  time: z.iso.datetime({ offset: true }),
  datacontenttype: z.string().default(JSON_FORMAT),
  dataschema: z.string().optional(),
  partitionkey: z.string(),
  /** The aggregate's version, zero-padded because the extension requires lexicographic order. */
  sequence: z.string().regex(/^\d+$/).optional(),
  traceparent: z.string().optional(),
  correlationid: z.string().optional(),
  causationid: z.string().optional(),
  /** Name of the channel for replies. */
  replyto: z.string().optional(),
  /** Type of another rendition of the same event, which is also published. */
  alternatetype: z.string().optional(),
  /** Reference to the data, if the data is stored apart from the message. */
  dataref: z.string().optional(),
  /** SHA-256 of the referenced data, hexadecimal. */
  datasha256: z.string().optional(),
});

type Header = z.output<typeof header>;

/**
 * A message as a handler receives it: a CloudEvent whose `data` conforms to its contract. `subject` is the aggregate's
 * id, `sequence` is the aggregate's version, and `time` is in ISO 8601.
 * @public
 */
export type Message<C extends MessageContract = MessageContract> = C extends MessageContract
  ? Omit<Header, 'type'> & { type: C['type']; data: z.output<C['data']> }
  : never;

const SEQUENCE_DIGITS = 16;

/** Formats a version as the `sequence` extension requires. */
export const sequenceOf = (version: number): string => String(version).padStart(SEQUENCE_DIGITS, '0');

export interface MessageInput<C extends MessageContract> {
  id: string;
  source: string;
  /** Aggregate id; also the partition key. */
  subject: string;
  /**
   * The aggregate's version that this event reports, or the position of a command among the sender's commands to the
   * same subject.
   */
  version?: number;
  time: Date;
  data: z.input<C['data']>;
  /** Shared by all messages of one conversation. Default: the message's id. */
  correlationId?: string;
  /** Id of the message that caused this one. */
  causationId?: string | undefined;
  traceparent?: string | undefined;
  replyTo?: string | undefined;
  alternateType?: string | undefined;
  /** Default: JSON. */
  format?: Format;
}

/**
 * Creates a message of a contract, as a CloudEvent.
 * @throws {Error} if `data` violates the contract (a ZodError), or names another subject: a defect in the caller
 * @beta
 */
export function createMessage<C extends MessageContract>(contract: C, input: MessageInput<C>): Message<C> {
  const data = contract.data.parse(input.data);
  if (!subjectMatches(contract, input.subject, data)) throw new Error(`${contract.type}: ${subjectMismatch(contract)}`);
  const { version, correlationId, causationId, traceparent, replyTo, alternateType } = input;
  return {
    specversion: '1.0',
    id: input.id,
    source: input.source,
    type: contract.type,
    subject: input.subject,
    time: input.time.toISOString(),
    datacontenttype: input.format ?? JSON_FORMAT,
    partitionkey: input.subject,
    ...(version !== undefined && { sequence: sequenceOf(version) }),
    ...(traceparent !== undefined && { traceparent }),
    correlationid: correlationId ?? input.id,
    ...(causationId !== undefined && { causationid: causationId }),
    ...(replyTo !== undefined && { replyto: replyTo }),
    ...(alternateType !== undefined && { alternatetype: alternateType }),
    data,
  } as Message<C>;
}

/** Serializes a message for sending: its header and data in the CloudEvents JSON format. */
export function encodeMessage<C extends MessageContract>(contract: C, message: Message<C>): string {
  const { data, ...head } = message;
  return JSON.stringify({ ...head, ...encodeData(contract, message.datacontenttype, data) });
}

/** A message with a validated header. Its data is not validated yet. */
export type Envelope = Header & EncodedData;

/** Reads the body of a message from a queue. @throws {UnreadableMessageError} whose text names the defect */
export type ReadEnvelope = (body: string) => Envelope;

/** Reads a CloudEvent. @throws {UnreadableMessageError} if the body is not a CloudEvent; the text names the defect */
export function readEnvelope(body: string): Envelope {
  const raw = parseJson(body);
  const head = header.safeParse(withoutNulls(raw));
  if (!head.success) throw unreadable('is not a CloudEvent', head.error);
  const { data, data_base64 = null } = raw as EncodedData;
  return { ...head.data, ...(data !== undefined && { data }), ...(data_base64 !== null && { data_base64 }) };
}

/** The log fields that identify a message, with the same names as in spans; no fields if the message is unreadable. */
export function logFieldsOf(body: string, read: ReadEnvelope = readEnvelope): LogFields {
  try {
    const { id, correlationid, traceparent } = read(body);
    return {
      message_id: id,
      ...(correlationid && { correlation_id: correlationid }),
      ...(traceparent && { trace_id: traceparent.split('-')[1] ?? '' }),
    };
  } catch (error) {
    if (error instanceof UnreadableMessageError) return {};
    throw error;
  }
}

/**
 * Reads an envelope's data with one of `contracts`, or with the contract that one of `contracts` supersedes. Ignores
 * unknown fields and fills in defaults (tolerant reader).
 * @throws {UnreadableMessageError} whose text names the defect
 * @throws {Error} if an upcaster throws, or returns data that violates the newer contract
 */
export function readMessage<C extends MessageContract>(envelope: Envelope, contracts: readonly C[]): Message<C> {
  const contract = contractFor(contracts, envelope.type);
  if (contract?.type === envelope.type)
    return { ...headOf(envelope), data: readData(contract, envelope) } as Message<C>;
  if (!contract?.supersedes) throw new UnreadableMessageError(`message ${envelope.id}: unknown type ${envelope.type}`);
  const data = contract.data.parse(contract.supersedes.upcast(readData(contract.supersedes.contract, envelope)));
  return { ...headOf(envelope), type: contract.type, data } as Message<C>;
}

/**
 * The contract with which messages of a type are read: the contract of the type, or the contract that supersedes it.
 */
export const contractFor = <C extends MessageContract>(contracts: readonly C[], type: string): C | undefined =>
  contracts.find((contract) => contract.type === type) ??
  contracts.find(({ supersedes }) => supersedes?.contract.type === type);

/** Whether one of the contracts has a type, or supersedes a contract of that type. */
const canRead = (contracts: readonly MessageContract[], type: string | undefined) =>
  type !== undefined &&
  contracts.some((contract) => contract.type === type || contract.supersedes?.contract.type === type);

/** Whether an event erases its aggregate's data, according to the contract of its type. */
export const isErasing = ({ type }: { type?: string }, contracts: readonly MessageContract[]): boolean =>
  canRead(
    contracts.filter(({ erases }) => erases),
    type,
  );

/**
 * Whether these contracts cannot read a message, but can read another rendition of the same event. All renditions of an
 * event have the same version, so a subscriber that read two of them would classify the second one as a duplicate.
 */
export const isOtherRendition = ({ type, alternatetype }: Envelope, contracts: readonly MessageContract[]): boolean =>
  !canRead(contracts, type) && canRead(contracts, alternatetype);

const headOf = ({ data: _, data_base64: __, ...head }: Envelope) => head;

function readData(contract: MessageContract, envelope: Envelope): unknown {
  const data = contract.data.safeParse(decodeData(contract, envelope));
  if (!data.success) throw unreadable(`${envelope.id} violates ${contract.type}`, data.error);
  if (!subjectMatches(contract, envelope.subject, data.data))
    throw new UnreadableMessageError(`message ${envelope.id}: ${subjectMismatch(contract)}`);
  return data.data;
}

/** Whether a message's subject equals the subject field of its data. */
const subjectMatches = ({ subjectField }: MessageContract, subject: string, data: unknown): boolean =>
  subjectField === undefined || (data as Record<string, unknown>)[subjectField] === subject;

const subjectMismatch = ({ subjectField }: MessageContract) => `its subject is not the ${subjectField} of its data`;

/**
 * The aggregate version that an event reports, or the position of a command.
 * @throws {UnreadableMessageError} if the version is missing or invalid
 */
export function versionOf(message: { id: string; sequence?: string | undefined }): number {
  if (message.sequence === undefined)
    throw new UnreadableMessageError(`message ${message.id} has no version, although its channel is ordered`);
  const version = Number(message.sequence);
  if (!Number.isSafeInteger(version) || version < 1) {
    throw new UnreadableMessageError(
      `message ${message.id}: sequence ${message.sequence} is not a version (1 or higher)`,
    );
  }
  return version;
}

/** The position of a message in the order of its aggregate. */
export interface MessagePosition {
  aggregateId: string;
  version: number;
}

/**
 * The position of a message on a channel: subject and version. If the consumer is `unordered`, each message is treated
 * as a separate aggregate, which is identified by the message id.
 * @throws {UnreadableMessageError} if the consumer is ordered and the message has no valid version
 */
export const positionOf = (
  message: Pick<Envelope, 'id' | 'subject' | 'sequence'>,
  unordered: boolean,
): MessagePosition =>
  unordered ? { aggregateId: message.id, version: 1 } : { aggregateId: message.subject, version: versionOf(message) };

export function parseJson(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    // The parser's error is dropped because its text quotes the body.
    throw new UnreadableMessageError('message is not JSON');
  }
}

/** Removes attributes that are null: they are treated as absent (JSON format, 2.2). */
const withoutNulls = (raw: unknown): unknown =>
  raw instanceof Object ? Object.fromEntries(Object.entries(raw).filter(([, value]) => value !== null)) : raw;

const unreadable = (what: string, cause: z.ZodError) =>
  new UnreadableMessageError(
    `message ${what}: ${cause.issues.map((issue) => `${issue.path.join('.') || 'message'} ${issue.message}`).join('; ')}`,
    { cause },
  );
