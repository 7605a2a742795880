/**
 * Prefixes of keys in the stage's S3 bucket, which stores the data of large messages. The sender stores the data under
 * the key `messages/CHANNEL/SUBJECT/MESSAGE_ID/SHA256`, where it expires. A consumer stores a copy of the data of each
 * parked message under the key `parked/CONSUMER/SUBJECT/MESSAGE_ID/SHA256`, where it does not expire.
 */
export const SENT = 'messages/';
export const PARKED_COPIES = 'parked/';

/**
 * Encodes one part of a key. Escapes the separator and the characters that XML responses escape. Also escapes the parts
 * `.` and `..`, because URL parsers resolve them. S3 limits keys to 1,024 bytes of UTF-8. Message ids and subjects have
 * at most 200 characters (`keyText`), so a key stays below this limit, unless it has many characters that are escaped
 * or not ASCII.
 */
const part = (name: string): string => (/^\.{1,2}$/.test(name) ? name.replaceAll('.', '%2E') : escaped(name));

const escaped = (name: string): string =>
  name.replace(/[%/&<>"'\p{Cc}]/gu, (found) => `%${found.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`);

export interface ClaimKey {
  subject: string;
  id: string;
  datasha256?: string | undefined;
}

/**
 * The key includes the digest of the data. Therefore, other data that a sender stores for the same message id does not
 * overwrite the first data. Consumers refuse data whose digest differs from the digest in the message.
 */
const claimKeyUnder = (prefix: string, { id, datasha256 = '' }: ClaimKey): string =>
  `${prefix}${part(id)}/${part(datasha256)}`;

/** Key prefix of all messages of a channel. */
export const sentPrefixOfChannel = (channel: string): string => `${SENT}${part(channel)}/`;
export const sentPrefixOfSubject = (channel: string, subject: string): string =>
  `${sentPrefixOfChannel(channel)}${part(subject)}/`;
export const sentKey = (channel: string, claim: ClaimKey): string =>
  claimKeyUnder(sentPrefixOfSubject(channel, claim.subject), claim);

/** Key prefix of all copies that a consumer stores. */
export const parkedCopiesPrefixOfConsumer = (consumer: string): string => `${PARKED_COPIES}${part(consumer)}/`;
export const parkedCopiesPrefixOfSubject = (consumer: string, subject: string): string =>
  `${parkedCopiesPrefixOfConsumer(consumer)}${part(subject)}/`;
export const parkedCopyKey = (consumer: string, claim: ClaimKey): string =>
  claimKeyUnder(parkedCopiesPrefixOfSubject(consumer, claim.subject), claim);

/**
 * Encodes a key as a URI reference (https://github.com/cloudevents/spec/blob/main/cloudevents/extensions/dataref.md).
 * The result is also the path of the object's URL.
 */
export const referenceTo = (key: string): string => key.split('/').map(uriEncoded).join('/');

/** Percent-encodes by the rules of SigV4, which escape more characters than `encodeURIComponent`. */
const uriEncoded = (text: string): string =>
  encodeURIComponent(text).replace(/[!'()*]/g, (found) => `%${found.charCodeAt(0).toString(16).toUpperCase()}`);
