import type { MessageContract } from './contract.ts';

/** Where messages go. Its address is configuration; its name, and what travels on it, are a contract. */
export interface Channel {
  readonly name: string;
  /** A topic hands each message to every subscriber, a queue to one consumer. */
  readonly kind: 'topic' | 'queue';
  readonly description: string;
  /** `datacontenttype` of what is sent; a reader knows all formats. */
  readonly format: 'application/json' | 'application/protobuf';
  readonly messages: readonly MessageContract[];
}
