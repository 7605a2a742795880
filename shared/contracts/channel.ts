import type { MessageContract } from './contract.ts';

/** Where messages go. Its address is configuration; its name, and what travels on it, are a contract. */
export interface Channel {
  readonly name: string;
  /** A topic hands each message to every subscriber, a queue to one consumer. */
  readonly kind: 'topic' | 'queue';
  readonly description: string;
  /** `datacontenttype` of what is sent; a reader knows all formats. */
  readonly format: 'application/json' | 'application/protobuf';
  /** Whose messages are taken from it, by their `source`: a message of anybody else is parked unread. */
  readonly senders: readonly string[] | 'any service';
  readonly messages: readonly MessageContract[];
}

/** What the sources of all services begin with. */
const SERVICES = '/rollcall/';

export const maySend = ({ senders }: Pick<Channel, 'senders'>, source: string): boolean =>
  senders === 'any service' ? source.startsWith(SERVICES) : senders.includes(source);
