import type * as z from 'zod';
import { type Channel, maySend } from '../contracts/channel.ts';
import type { MessageContract } from '../contracts/contract.ts';
import type { ClaimCheck } from './claim-check.ts';
import { type Later, laterOf, type MaybeLater } from './later/due.ts';
import { createMessage } from './message.ts';
import type { OutboxRow } from './outbox.ts';
import { type Apart, type OutgoingMessage, outgoing } from './outgoing.ts';

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
  /** When it is to be sent. Default: at once. */
  readonly later?: Later;
  /** Of the conversation that it belongs to. Default: that of its context. */
  readonly correlationId?: string;
  /** Of the message. Default: a new one. */
  readonly id?: string;
}

/** A draft to one channel. */
export interface AddressedDraft<C extends MessageContract = MessageContract> extends Draft<C> {
  readonly channel: Channel;
}

type DraftOptions = MaybeLater & {
  /** The channel for replies. */
  replyTo?: Channel;
  /** Of the conversation that it belongs to. Default: that of its context. */
  correlationId?: string;
  /** Of the message. Default: a new one. */
  id?: string;
};

/**
 * An event of the publisher's topic. One for later (`{ at }` or `{ after }`) takes its version when it is due.
 * @throws {Error} if the time is none
 * @public
 */
export const draft = <C extends MessageContract>(
  contract: C,
  data: z.input<C['data']>,
  { replyTo, correlationId, id, ...when }: DraftOptions = {},
): Draft<C> => ({
  ...{ contract, data },
  ...(replyTo && { replyTo: replyTo.name }),
  ...(correlationId !== undefined && { correlationId }),
  ...(id !== undefined && { id }),
  ...laterOf(when),
});

/**
 * A message to a queue: `draftTo(payments, charge, bill)`; for later, `draftTo(orders, cancel, order, { after: 1_800 })`.
 * @throws {Error} if the time is none
 * @public
 */
export const draftTo = <To extends Channel, C extends To['messages'][number]>(
  channel: To,
  contract: C,
  data: z.input<C['data']>,
  options?: DraftOptions,
): AddressedDraft<C> => ({ ...draft(contract, data, options), channel });

/** @throws {Error} if its contract names none: a defect of the caller */
export function subjectOf({ contract, data, channel }: AddressedDraft): string {
  const { type, subjectField = '' } = contract;
  const subject = (data as Record<string, unknown>)[subjectField];
  if (typeof subject === 'string') return subject;
  throw new Error(`${type}, which is sent to ${channel.name}, needs a subjectField that its data has`);
}

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
export function outgoingOf(
  channel: Channel,
  { contract, data, replyTo, ...draft }: Draft,
  { source, subject, version, aggregateId }: Placing,
  { now, newId, traceparent, ...context }: CommandContext,
  apart?: Apart,
): OutgoingMessage {
  const { name, format, messages } = channel;
  if (!messages.some(({ type }) => type === contract.type)) throw new Error(`${name} carries no ${contract.type}`);
  if (!maySend(channel, { source, type: contract.type }))
    throw new Error(`${source} may not send ${contract.type} on ${name}: its \`from\` does not name it`);
  const correlationId = draft.correlationId ?? context.correlationId;
  const message = createMessage(contract, {
    id: draft.id ?? newId(),
    ...{ source, subject, time: now, data, traceparent, replyTo, format },
    ...(version !== undefined && { version }),
    ...(correlationId !== undefined && { correlationId }),
  });
  return outgoing(name, contract, message, aggregateId ?? `${name}/${message.id}`, apart);
}

/**
 * A message as it is committed to be sent at once. What is for later has its data with it: nobody knows how long it waits.
 * @param claimCheck to keep its data, if that travels apart
 * @throws {Error} as {@link outgoingOf} does, and if a channel is `large` and nothing would keep data: defects of the caller
 */
export function outboxRowOf(
  channel: Channel,
  draft: Draft,
  placing: Placing,
  context: CommandContext,
  claimCheck?: Pick<ClaimCheck, 'apart'>,
): OutboxRow {
  const { name, large } = channel;
  if (large && !claimCheck)
    throw new Error(
      `${name} is large: give who sends to it (createPublisher, createOutboxWriter, createProcess) a \`claimCheck\``,
    );
  const message = outgoingOf(channel, draft, placing, context, large && claimCheck?.apart);
  return {
    aggregateId: message.group,
    version: placing.version ?? 1,
    messages: [message],
    committedAt: context.now.toISOString(),
  };
}
