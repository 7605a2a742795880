import { PermanentError } from '../errors.ts';
import type { Envelope } from '../message.ts';
import type { Sent } from '../parking/parking-writer.ts';
import type { ParkedKey, SubscriberStore } from '../subscriber-store.ts';
import type { ReadWhole } from './whole.ts';

export interface ShowOptions {
  store: Pick<SubscriberStore, 'parkedOf'>;
  /** Reads a parked message. @throws {UnreadableMessageError} if it is unreadable */
  read: (sent: Sent) => Envelope;
  readWhole: ReadWhole;
}

type Show = (message: Omit<ParkedKey, 'messageId'> & { messageId?: string }) => Promise<string>;

/** @param read reads a parked message the way the consumer reads it */
export type ShowFactory = (read: ShowOptions['read']) => Show;

/**
 * The maximum size of data that can be shown. A function's response has at most 6 MB
 * (https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html), and Base64 encodes three bytes as four.
 */
const MAX_SHOWN_BYTES = 4 * 1024 * 1024;

/**
 * Creates a function that returns the data of a large parked message in Base64, for an operator.
 * @throws {PermanentError} if the message is not parked, is not large, or is too large to show
 * @throws {MissingDataError} if the data cannot be read
 */
export function createShow({ store, read, readWhole }: ShowOptions): Show {
  return async ({ aggregateId, version, messageId }) => {
    const parked = (await store.parkedOf(aggregateId)).find(
      (message) => message.version === version && (messageId ?? message.messageId) === message.messageId,
    );
    if (!parked) throw new PermanentError(`version ${version} of ${aggregateId} is not parked`);
    const { data_base64: bytes } = await readWhole(read(parked));
    if (!(bytes instanceof Uint8Array))
      throw new PermanentError(
        `the data of version ${version} of ${aggregateId} is in the message, so there is no stored data to show`,
      );
    if (bytes.length > MAX_SHOWN_BYTES)
      throw new PermanentError(`the data has ${bytes.length} bytes; at most ${MAX_SHOWN_BYTES} can be shown`);
    return Buffer.from(bytes).toString('base64');
  };
}
