import type { Objects } from '../../aws/objects.ts';
import { heldKey, referenceTo, sentKey } from '../../contracts/large.ts';
import { MissingDataError, UnreadableMessageError } from '../errors.ts';
import type { Envelope } from '../message.ts';
import { sha256Of } from './claim.ts';

/** A message with its data, wherever that is. */
export type ReadWhole = (envelope: Envelope) => Promise<Envelope>;

export interface Reader {
  objects: Objects;
  /** Name of the channel that it reads. */
  channel: string;
  /** Its own name. */
  consumer: string;
}

/** Whether a message has a reference and no data. If it has both, they are the same (dataref.md). */
export const isClaim = ({ dataref, data, data_base64 }: Pick<Envelope, 'dataref' | 'data' | 'data_base64'>): boolean =>
  dataref !== undefined && data === undefined && data_base64 === undefined;

/**
 * Reads the data of messages that travel without.
 * @throws {MissingDataError} if it is not there
 * @throws {UnreadableMessageError} if the reference is to somewhere else, or the data is not what was sent
 */
export function createReadWhole({ objects, channel, consumer }: Reader): ReadWhole {
  return async (envelope) => {
    if (!isClaim(envelope)) return envelope;
    const { id, dataref, datasha256 } = envelope;
    const key = sentKey(channel, envelope);
    // Where it is follows from the message, so that nobody has another place read by a reference.
    if (dataref !== referenceTo(key))
      throw new UnreadableMessageError(
        `message ${id}: its dataref is ${dataref}; its data can only be at ${referenceTo(key)}`,
      );
    // Once: with six seconds of tries before, it still fits into the shortest function timeout.
    const bytes = (await objects.get(key)) ?? (await objects.get(heldKey(consumer, envelope), 1));
    if (!bytes)
      throw new MissingDataError(`message ${id}: its data is not at ${dataref}, or this function may not read it`);
    if (sha256Of(bytes) !== datasha256)
      throw new UnreadableMessageError(
        `message ${id}: the data at ${dataref} is not what was sent: its SHA-256 is another`,
      );
    return { ...envelope, data_base64: bytes };
  };
}
