import type * as z from 'zod';

/** Event: something happened. Command: do this. Document: data only, such as a reply. */
export type MessageKind = 'event' | 'command' | 'document';

/** Encodes and decodes data in a format other than JSON. `inProtobuf`, `inXml` and `inAvro` create codecs. */
export type DataCodec = BytesCodec | TextCodec;

interface BytesCodec extends CodecBase {
  readonly carries: 'bytes';
  encode(data: unknown): Uint8Array;
  /** @returns the decoded value, not yet validated by the contract's schema */
  decode(bytes: Uint8Array): unknown;
}

interface TextCodec extends CodecBase {
  readonly carries: 'text';
  encode(data: unknown): string;
  /** @returns the decoded value, not yet validated by the contract's schema */
  decode(text: string): unknown;
}

interface CodecBase {
  readonly mediaType: 'application/protobuf' | 'application/xml' | 'application/avro';
  /** The name of the document's schema or root element, shown to people. */
  readonly documentType: string;
}

/**
 * The contract of a message type. `type` ends in its major version.
 * @public
 */
export interface MessageContract<T extends string = string, S extends z.ZodType = z.ZodType> {
  readonly type: T;
  readonly kind: MessageKind;
  readonly data: S;
  /**
   * The field of the data that becomes the CloudEvent's subject. A message whose field and subject differ is refused.
   */
  readonly subjectField?: string;
  /**
   * Marks the last event of an aggregate: consumers must delete all personal data about the aggregate. Earlier messages
   * that could not be applied, and messages with a higher version than the event, are then dropped instead of parked.
   */
  readonly erases?: true;
  /** Data formats besides JSON: at least the format of each channel that carries the message. */
  readonly formats?: readonly DataCodec[];
  /**
   * The previous major version, and the conversion of its data to this version. Readers of this version accept both
   * versions.
   */
  readonly supersedes?: Superseded;
}

interface Superseded {
  readonly contract: MessageContract;
  /**
   * @param data valid data of the previous version. An upcaster may declare the parameter with the type of this data,
   * because method parameters are bivariant
   */
  upcast(data: unknown): unknown;
}
