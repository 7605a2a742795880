import type { ConsumerDescriptor } from './consumer.ts';

/** Under what the template of a consumer's function says how its cursors are kept: operators' tools read it there. */
export const CONSUMER_METADATA = 'rollcall:consumer';

export interface ConsumerMetadata {
  /** Of the consumer, and so of its table. */
  readonly name: string;
  /** The channel that it takes messages of. */
  readonly of: string;
  /** Sort key of the items with its cursors; missing: it keeps none. */
  readonly cursorKey?: string;
  readonly joinsLate: boolean;
}

export const metadataOf = ({
  name,
  of,
  cursorKey,
  idempotent = false,
  joinsLate = false,
}: ConsumerDescriptor): ConsumerMetadata => ({
  ...{ name, of: of.name, joinsLate },
  ...(of.ordered && !idempotent && { cursorKey }),
});
