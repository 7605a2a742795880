import type * as z from 'zod';

/** Event: something happened. Command: do this. Document: data only, such as a reply. */
export type MessageKind = 'event' | 'command' | 'document';

/** Made of a generated schema by `inProtobuf`. */
export interface ProtobufCodec {
  readonly typeName: string;
  encode(data: unknown): Uint8Array;
  /** @returns what the contract's schema is to check */
  decode(bytes: Uint8Array): unknown;
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
  /** The same data in Protocol Buffers, where a channel carries it so. */
  readonly protobuf?: ProtobufCodec;
  /** The major version before, and how its data becomes data of this one: readers of this one read that too. */
  readonly supersedes?: Superseded;
}

interface Superseded {
  readonly contract: MessageContract;
  // biome-ignore lint/suspicious/noExplicitAny: the data of the very contract beside it
  upcast(data: any): unknown;
}
