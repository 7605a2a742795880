import type { Objects } from '../../aws/objects.ts';
import { parkedCopyKey, referenceTo, sentKey } from '../../contracts/large.ts';
import { MissingDataError, UnreadableMessageError } from '../errors.ts';
import type { Envelope } from '../message.ts';
import { sha256Of } from './claim.ts';

/** Reads the data of a message if it is stored apart from the message, and adds the data to the envelope. */
export type ReadWhole = (envelope: Envelope) => Promise<Envelope>;

export interface Reader {
  objects: Objects;
  /** Name of the channel that the consumer reads. */
  channel: string;
  /** Name of the consumer. */
  consumer: string;
}

/** Whether a message has a reference and no data. The CloudEvents extension `dataref` allows messages with both. */
export const isClaim = ({ dataref, data, data_base64 }: Pick<Envelope, 'dataref' | 'data' | 'data_base64'>): boolean =>
  dataref !== undefined && data === undefined && data_base64 === undefined;

/**
 * Creates a function that reads the data of messages that have a reference instead of data.
 * @throws {UnreadableMessageError} if the reference differs from the message's own key, or the hash differs
 * @throws {MissingDataError} if the data does not exist, or the function may not read it
 */
export function createReadWhole({ objects, channel, consumer }: Reader): ReadWhole {
  return async (envelope) => {
    if (!isClaim(envelope)) return envelope;
    const { id, dataref, datasha256 } = envelope;
    const key = sentKey(channel, envelope);
    // The key is derived from the message, so that a forged reference cannot make the function read another object.
    if (dataref !== referenceTo(key))
      throw new UnreadableMessageError(`message ${id}: its dataref is ${dataref}, but must be ${referenceTo(key)}`);
    // The copy is read with one attempt only, because the attempts to read the sender's object take up to six seconds,
    // and the shortest function timeout is ten seconds.
    const bytes = (await objects.get(key)) ?? (await objects.get(parkedCopyKey(consumer, envelope), 1));
    if (!bytes)
      throw new MissingDataError(`message ${id}: its data is not at ${dataref}, or this function may not read it`);
    if (sha256Of(bytes) !== datasha256)
      throw new UnreadableMessageError(
        `message ${id}: the data at ${dataref} has a different SHA-256 from the data that was sent`,
      );
    return { ...envelope, data_base64: bytes };
  };
}
