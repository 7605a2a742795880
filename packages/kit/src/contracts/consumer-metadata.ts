import type { ConsumerDescriptor } from './consumer.ts';

/**
 * Key in the metadata of a consumer's function in the CloudFormation template. Its value describes the consumer: its
 * channel, and where its cursors are stored. Operators' tools read this metadata.
 */
export const CONSUMER_METADATA = 'rollcall:consumer';

export interface ConsumerMetadata {
  /** Name of the consumer and of its table. */
  readonly name: string;
  /** Name of the channel that the consumer reads. */
  readonly of: string;
  /**
   * Sort key of the items that contain the consumer's cursors; undefined if the channel is unordered or the consumer is
   * `idempotent`.
   */
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
