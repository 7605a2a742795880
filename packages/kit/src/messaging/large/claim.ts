import { createHash } from 'node:crypto';
import { referenceTo, sentKey } from '../../contracts/large.ts';

/** Data that travels apart from its message. */
export interface LargeData {
  key: string;
  bytes: Uint8Array<ArrayBuffer>;
  contentType: string;
}

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

/** The place of a message's data, and its reference to it: relative to the stage's bucket, which it does not name. */
export function claimOf(
  channel: string,
  message: { subject: string; id: string; datacontenttype: string },
  bytes: Uint8Array<ArrayBuffer>,
): { claim: LargeData; reference: Reference } {
  const key = sentKey(channel, message);
  return {
    claim: { key, bytes, contentType: message.datacontenttype },
    reference: { dataref: referenceTo(key), datasha256: sha256Of(bytes) },
  };
}
