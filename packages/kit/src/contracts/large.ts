/**
 * Where the data of large messages is in a stage's bucket: `messages/CHANNEL/SUBJECT/MESSAGE_ID/SHA256`, which expires; and, of
 * what a consumer has parked, a copy at `parked/CONSUMER/SUBJECT/MESSAGE_ID/SHA256`, which does not.
 */
export const SENT = 'messages/';
export const HELD = 'parked/';

/**
 * A part of a key: what separates parts, what XML answers would escape, and `.` and `..`, which URLs resolve, is escaped.
 * At most 200 characters, as names of messages are: a key ends at 1,024 bytes of UTF-8.
 */
const part = (name: string): string => (/^\.{1,2}$/.test(name) ? name.replaceAll('.', '%2E') : escaped(name));

const escaped = (name: string): string =>
  name.replace(/[%/&<>"'\p{Cc}]/gu, (found) => `%${found.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`);

export interface ClaimKey {
  subject: string;
  id: string;
  datasha256?: string | undefined;
}

/** With the digest of the data: other data under the same id, which is about to be refused, takes the place of none that counts. */
const keyUnder = (prefix: string, { id, datasha256 = '' }: ClaimKey): string =>
  `${prefix}${part(id)}/${part(datasha256)}`;

/** What the keys of all messages of a channel begin with. */
export const sentOn = (channel: string): string => `${SENT}${part(channel)}/`;
export const sentAbout = (channel: string, subject: string): string => `${sentOn(channel)}${part(subject)}/`;
export const sentKey = (channel: string, claim: ClaimKey): string => keyUnder(sentAbout(channel, claim.subject), claim);

/** What the keys of all copies of a consumer begin with. */
export const heldBy = (consumer: string): string => `${HELD}${part(consumer)}/`;
export const heldAbout = (consumer: string, subject: string): string => `${heldBy(consumer)}${part(subject)}/`;
export const heldKey = (consumer: string, claim: ClaimKey): string =>
  keyUnder(heldAbout(consumer, claim.subject), claim);

/** A key as a URI reference (https://github.com/cloudevents/spec/blob/main/cloudevents/extensions/dataref.md), and as the path of a URL. */
export const referenceTo = (key: string): string => key.split('/').map(uriEncoded).join('/');

/** By the rules of AWS's signatures, which escape more than `encodeURIComponent`. */
const uriEncoded = (text: string): string =>
  encodeURIComponent(text).replace(/[!'()*]/g, (found) => `%${found.charCodeAt(0).toString(16).toUpperCase()}`);
