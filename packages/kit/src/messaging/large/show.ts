import { PermanentError } from '../errors.ts';
import type { Envelope } from '../message.ts';
import type { Sent } from '../parking/place.ts';
import type { ParkedKey, SubscriberStore } from '../subscriber-store.ts';
import type { ReadWhole } from './whole.ts';

export interface ShowOptions {
  store: Pick<SubscriberStore, 'parkedOf'>;
  /** @throws {UnreadableMessageError} */
  read: (sent: Sent) => Envelope;
  readWhole: ReadWhole;
}

type Show = (message: Omit<ParkedKey, 'messageId'> & { messageId?: string }) => Promise<string>;

/** @param read reads parked messages as the consumer does */
export type ShowFactory = (read: ShowOptions['read']) => Show;

/**
 * A function's response has at most 6 MB (https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html); in
 * Base64, three quarters of it.
 */
const MAX_SHOWN_BYTES = 4 * 1024 * 1024;

/**
 * The data of a large parked message in Base64, for an operator.
 * @throws {Error} if the data is missing
 * @throws {Error} if it is missing
 */
export function createShow({ store, read, readWhole }: ShowOptions): Show {
  return async ({ aggregateId, version, messageId }) => {
    const parked = (await store.parkedOf(aggregateId)).find(
      (one) => one.version === version && (messageId ?? one.messageId) === one.messageId,
    );
    if (!parked) throw new PermanentError(`version ${version} of ${aggregateId} is not parked`);
    const { data_base64: bytes } = await readWhole(read(parked));
    if (!(bytes instanceof Uint8Array))
      throw new PermanentError(`version ${version} of ${aggregateId} carries its data itself`);
    if (bytes.length > MAX_SHOWN_BYTES)
      throw new PermanentError(`its data has ${bytes.length} bytes; at most ${MAX_SHOWN_BYTES} can be shown`);
    return Buffer.from(bytes).toString('base64');
  };
}
