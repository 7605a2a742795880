import type { DataCodec, MessageContract } from './contract.ts';

/** Services, by the `source` of their messages: these, or every one of an application. */
export type Senders = readonly string[] | { readonly anyServiceOf: string };

/**
 * Where messages go. Its address is configuration; its name, and what travels on it, are a contract.
 * @public
 */
export interface Channel {
  readonly name: string;
  /** A topic hands each message to every subscriber, a queue to one consumer. */
  readonly kind: 'topic' | 'queue';
  /** Whether it keeps the order of a subject's messages: a FIFO topic or queue. */
  readonly ordered: boolean;
  readonly description: string;
  /** `datacontenttype` of what is sent. All can be sent as JSON too. */
  readonly format: 'application/json' | DataCodec['mediaType'];
  /** Allowed `source` values: a message of another is parked unread. */
  readonly senders: Senders;
  /** By type: the only ones among the senders that may send it. */
  readonly sendersOf?: Readonly<Record<string, Senders>>;
  readonly messages: readonly MessageContract[];
  /**
   * Whether a message may have more than 256 KB: its data then goes to the stage's bucket, and the message has a reference to
   * it. Who sends and who reads it is given a `claimCheck`.
   */
  readonly large?: true;
}

/** `/APPLICATION/SERVICE`. A service is one word, so that no functions are named as if they were another's: `APPLICATION-STAGE-SERVICE-…`. */
const SOURCE = /^\/([a-z][a-z0-9-]*)\/([a-z][a-z0-9]*)$/;

/**
 * The service that a source names, if it names one, and its application.
 * @beta
 */
export const serviceOf = (source: string): string | undefined => SOURCE.exec(source)?.[2];
export const applicationOf = (source: string): string | undefined => SOURCE.exec(source)?.[1];

/** What the source of any service of an application matches. */
export const sourcePattern = (application: string): string => `^\\/${application}\\/([a-z][a-z0-9]*)$`;

export type SenderRules = Pick<Channel, 'senders' | 'sendersOf' | 'messages'>;

/** Who may send a message of a type on a channel: also one that is read as what supersedes it. */
export function sendersOfType({ senders, sendersOf = {}, messages }: SenderRules, type: string): Senders {
  const contract = messages.find(({ supersedes, type: own }) => own === type || supersedes?.contract.type === type);
  return sendersOf[contract?.type ?? type] ?? senders;
}

export function maySend(channel: SenderRules, { source, type }: { source: string; type: string }): boolean {
  const senders = sendersOfType(channel, type);
  if (!('anyServiceOf' in senders)) return senders.includes(source);
  return applicationOf(source) === senders.anyServiceOf;
}
