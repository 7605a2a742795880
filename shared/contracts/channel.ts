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

/** The source of a service. */
const SERVICE = /^\/rollcall\/[a-z][a-z0-9-]*$/;

export const maySend = ({ senders }: Pick<Channel, 'senders'>, source: string): boolean =>
  senders === 'any service' ? SERVICE.test(source) : senders.includes(source);
