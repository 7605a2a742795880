import type * as z from 'zod';

/** Event: something happened. Command: do this. Document: data only, such as a reply. */
export type MessageKind = 'event' | 'command' | 'document';

/** What a message type promises to its readers. `type` ends in its major version. */
export interface MessageContract<T extends string = string, S extends z.ZodType = z.ZodType> {
  readonly type: T;
  readonly kind: MessageKind;
  readonly data: S;
}
