import type * as z from 'zod';

/** Event: something happened. Command: do this. Document: data only, such as a reply. */
export type MessageKind = 'event' | 'command' | 'document';

/** The data of a contract in a format beside JSON. Made by `inProtobuf`, `inXml` or `inAvro`. */
export type DataCodec = BytesCodec | TextCodec;

interface BytesCodec extends AboutCodec {
  readonly carries: 'bytes';
  encode(data: unknown): Uint8Array;
  /** @returns what the contract's schema is to check */
  decode(bytes: Uint8Array): unknown;
}

interface TextCodec extends AboutCodec {
  readonly carries: 'text';
  encode(data: unknown): string;
  /** @returns what the contract's schema is to check */
  decode(text: string): unknown;
}

interface AboutCodec {
  readonly mediaType: 'application/protobuf' | 'application/xml' | 'application/avro';
  /** What a document of it is, for people: the name of its schema, or its root element. */
  readonly documentType: string;
}

/**
 * What a message type promises to its readers. `type` ends in its major version.
 * @public
 */
export interface MessageContract<T extends string = string, S extends z.ZodType = z.ZodType> {
  readonly type: T;
  readonly kind: MessageKind;
  readonly data: S;
  /** The field of its data that is the subject of its CloudEvent: a message in which they differ is refused. */
  readonly subjectField?: string;
  /**
   * Of an event, the last of its aggregate: everything personal about that has to go. So what came before it and could not
   * be applied is dropped, instead of keeping it waiting, and so is whatever claims to come after it.
   */
  readonly erases?: true;
  /** In which formats beside JSON its data can be carried: at least the one of each channel that it is sent on. */
  readonly formats?: readonly DataCodec[];
  /** The major version before, and how its data becomes data of this one: readers of this one read that too. */
  readonly supersedes?: Superseded;
}

interface Superseded {
  readonly contract: MessageContract;
  /** @param data what the contract beside it reads: an upcaster may declare that type, for parameters of methods are bivariant */
  upcast(data: unknown): unknown;
}
