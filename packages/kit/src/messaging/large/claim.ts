import { createHash } from 'node:crypto';
import { referenceTo, sentKey } from '../../contracts/large.ts';
import { dataBytes } from '../codecs.ts';
import { MessageTooLargeError } from '../errors.ts';
import { type Apart, bytesOf, MAX_BYTES } from '../outgoing.ts';

/**
 * The maximum size of a message's data. A function with 512 MB of memory parses the ten messages of a batch in
 * parallel, and each message needs memory of about five times its size.
 */
export const MAX_LARGE_BYTES = 8 * 1024 * 1024;

/**
 * The attributes that replace the data of a message: a reference to the stored data, in the CloudEvents extension
 * dataref (https://github.com/cloudevents/spec/blob/main/cloudevents/extensions/dataref.md), and the SHA-256 of the
 * data.
 */
export interface Reference {
  dataref: string;
  datasha256: string;
}

export const sha256Of = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/**
 * Moves a message's data to its `claim`, with the key under which the sender stores the data in the stage's bucket. The
 * key is derived from the message. The reference contains the key, but not the name of the bucket.
 */
export const dataApart: Apart = (ready, contract, message) => {
  const { data, ...head } = message;
  if (contract.erases)
    throw new MessageTooLargeError(
      ready,
      bytesOf(ready),
      MAX_BYTES,
      ' for a message that erases: its data cannot be stored apart, because the stored data is deleted before it is read',
    );
  const bytes = dataBytes(contract, message.datacontenttype, data);
  if (bytes.length > MAX_LARGE_BYTES) throw new MessageTooLargeError(ready, bytes.length, MAX_LARGE_BYTES);
  const datasha256 = sha256Of(bytes);
  const key = sentKey(ready.channel, { ...message, datasha256 });
  const reference: Reference = { dataref: referenceTo(key), datasha256 };
  const claim = { key, bytes, contentType: message.datacontenttype };
  return { ...ready, body: JSON.stringify({ ...head, ...reference }), claim };
};
