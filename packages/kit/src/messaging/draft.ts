import type * as z from 'zod';
import { type Channel, maySend } from '../contracts/channel.ts';
import type { MessageContract } from '../contracts/contract.ts';
import { createMessage } from './message.ts';
import type { OutboxRow } from './outbox.ts';
import { outgoing } from './outgoing.ts';

/**
 * What a state change draws on from outside: when it happens, ids for its messages, and what it belongs to.
 * @public
 */
export interface CommandContext {
  now: Date;
  /** Ids of messages: UUIDv7. */
  newId: () => string;
  /** What all messages of one conversation share. Default: the id of the message. */
  correlationId?: string;
  /** W3C Trace Context. */
  traceparent?: string;
}

/** What a message says: a decision returns it, and its header is made when it is committed. */
export interface Draft<C extends MessageContract = MessageContract> {
  readonly contract: C;
  readonly data: z.input<C['data']>;
  /** Name of the channel for replies. */
  readonly replyTo?: string;
}

/** A draft to one channel. */
export interface AddressedDraft<C extends MessageContract = MessageContract> extends Draft<C> {
  readonly channel: Channel;
}

interface DraftOptions {
  /** The channel for replies. */
  replyTo?: Channel;
}

/**
 * An event of the publisher's topic.
 * @public
 */
export const draft = <C extends MessageContract>(
  contract: C,
  data: z.input<C['data']>,
  { replyTo }: DraftOptions = {},
): Draft<C> => ({ contract, data, ...(replyTo && { replyTo: replyTo.name }) });

/**
 * A message to a queue: `draftTo(payments, charge, bill)`.
 * @public
 */
export const draftTo = <To extends Channel, C extends To['messages'][number]>(
  channel: To,
  contract: C,
  data: z.input<C['data']>,
  options?: DraftOptions,
): AddressedDraft<C> => ({ ...draft(contract, data, options), channel });

/** Where a message stands: of what it is about, and in which order. */
export interface Placing {
  source: string;
  subject: string;
  /** The aggregate's version, or the place of a command. Default: its channel keeps no order. */
  version?: number;
  /** Of the outbox row, whose messages are sent in order. Default: a row alone. */
  aggregateId?: string;
}

/**
 * @throws {Error} if the source may not send this on the channel, or the data breaks the contract: a defect of the caller
 * @throws {MessageTooLargeError} if no channel would take it
 */
export function outboxRowOf(
  channel: Channel,
  { contract, data, replyTo }: Draft,
  placing: Placing,
  { now, newId, correlationId, traceparent }: CommandContext,
): OutboxRow {
  const { source, subject, version } = placing;
  const { name, format, messages } = channel;
  if (!messages.some(({ type }) => type === contract.type)) throw new Error(`${name} carries no ${contract.type}`);
  if (!maySend(channel, { source, type: contract.type }))
    throw new Error(`${source} may not send ${contract.type} on ${name}: its \`from\` does not name it`);
  const message = createMessage(contract, {
    id: newId(),
    ...{ source, subject, time: now, data, traceparent, replyTo, format },
    ...(version !== undefined && { version }),
    ...(correlationId !== undefined && { correlationId }),
  });
  const aggregateId = placing.aggregateId ?? `${name}/${message.id}`;
  return {
    aggregateId,
    version: version ?? 1,
    messages: [outgoing(name, contract, message, aggregateId)],
    committedAt: now.toISOString(),
  };
}
