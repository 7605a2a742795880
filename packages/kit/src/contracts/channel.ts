import type { DataCodec, MessageContract } from './contract.ts';

/** Services, identified by the `source` of their messages: a list, or every service of an application. */
export type Senders = readonly string[] | { readonly anyServiceOf: string };

/**
 * A topic or queue. Its name and messages are part of the contract; its address is configuration.
 * @public
 */
export interface Channel {
  readonly name: string;
  /** A topic delivers each message to every subscriber. A queue delivers each message to one consumer. */
  readonly kind: 'topic' | 'queue';
  /** Whether the channel is FIFO, so that it preserves the order of messages about one subject. */
  readonly ordered: boolean;
  readonly description: string;
  /** `datacontenttype` of sent messages, except for replies, which are sent as JSON. Every consumer also reads JSON. */
  readonly format: 'application/json' | DataCodec['mediaType'];
  /** Allowed `source` values. A message from any other source is parked as unreadable. */
  readonly senders: Senders;
  /** Allowed `source` values of single message types, which replace `senders` for these types. */
  readonly sendersOf?: Readonly<Record<string, Senders>>;
  readonly messages: readonly MessageContract[];
  /**
   * Whether a message may exceed 256 KB. The data of a larger message is stored in the stage's S3 bucket, and the
   * message contains a reference to the data. Senders and consumers of a channel with `large` need a `claimCheck`.
   */
  readonly large?: true;
}

/**
 * `/APPLICATION/SERVICE`. A service is one word without hyphens. Otherwise, the service `a` and the service `a-b` could
 * have functions of the same name (`APPLICATION-STAGE-SERVICE-…`).
 */
const SOURCE = /^\/([a-z][a-z0-9-]*)\/([a-z][a-z0-9]*)$/;

/**
 * The service in a source; undefined if the source has a different form.
 * @beta
 */
export const serviceOf = (source: string): string | undefined => SOURCE.exec(source)?.[2];
/** The application in a source; undefined if the source has a different form. */
export const applicationOf = (source: string): string | undefined => SOURCE.exec(source)?.[1];

/** Pattern of the sources of all services of an application. */
export const sourcePattern = (application: string): string => `^\\/${application}\\/([a-z][a-z0-9]*)$`;

export type SenderRules = Pick<Channel, 'senders' | 'sendersOf' | 'messages'>;

/**
 * The allowed senders of a message type on a channel. A superseded type has the senders of the type that supersedes it.
 */
export function sendersOfType({ senders, sendersOf = {}, messages }: SenderRules, type: string): Senders {
  const contract = messages.find((listed) => listed.type === type || listed.supersedes?.contract.type === type);
  return sendersOf[contract?.type ?? type] ?? senders;
}

export function maySend(channel: SenderRules, { source, type }: { source: string; type: string }): boolean {
  const senders = sendersOfType(channel, type);
  if (!('anyServiceOf' in senders)) return senders.includes(source);
  return applicationOf(source) === senders.anyServiceOf;
}
