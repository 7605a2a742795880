import { createHash } from 'node:crypto';
import { referenceTo, sentKey } from '../../contracts/large.ts';
import { dataBytes } from '../codecs.ts';
import { MessageTooLargeError } from '../errors.ts';
import { type Apart, bytesOf, MAX_BYTES } from '../outgoing.ts';

/**
 * A batch of ten is parsed at once, each to some five times its bytes, in a function of 512 MB.
 */
export const MAX_LARGE_BYTES = 8 * 1024 * 1024;

/**
 * What a message has instead of its data: a reference, by CloudEvents' extension of that name
 * (https://github.com/cloudevents/spec/blob/main/cloudevents/extensions/dataref.md), and the SHA-256 of what is there.
 */
export interface Reference {
  dataref: string;
  datasha256: string;
}

export const sha256Of = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** A message whose data travels apart, at the place that follows from it: relative to the stage's bucket, which it does not name. */
export const dataApart: Apart = (ready, contract, message) => {
  const { data, ...head } = message;
  if (contract.erases)
    throw new MessageTooLargeError(
      ready,
      bytesOf(ready),
      MAX_BYTES,
      ' of those that erase: they are read once the data is gone',
    );
  const bytes = dataBytes(contract, message.datacontenttype, data);
  if (bytes.length > MAX_LARGE_BYTES) throw new MessageTooLargeError(ready, bytes.length, MAX_LARGE_BYTES);
  const datasha256 = sha256Of(bytes);
  const key = sentKey(ready.channel, { ...message, datasha256 });
  const reference: Reference = { dataref: referenceTo(key), datasha256 };
  const claim = { key, bytes, contentType: message.datacontenttype };
  return { ...ready, body: JSON.stringify({ ...head, ...reference }), claim };
};
