import type * as z from 'zod';
import { type Channel, maySend } from '../contracts/channel.ts';
import type { MessageContract } from '../contracts/contract.ts';
import type { ClaimCheck } from './claim-check.ts';
import { type Later, laterOf, type MaybeLater } from './later/due.ts';
import { createMessage } from './message.ts';
import type { OutboxRow } from './outbox.ts';
import { type Apart, type OutgoingMessage, outgoing } from './outgoing.ts';

/**
 * External inputs of a state change: the current time, the source of message ids, and the conversation and the trace
 * that the change belongs to.
 * @public
 */
export interface CommandContext {
  now: Date;
  /** Returns a new message id: UUIDv7. */
  newId: () => string;
  /** Shared by all messages of one conversation. Default: the id of the message. */
  correlationId?: string;
  /** W3C Trace Context. */
  traceparent?: string;
}

/** A message without its header. The header is added when the message is committed. */
export interface Draft<C extends MessageContract = MessageContract> {
  readonly contract: C;
  readonly data: z.input<C['data']>;
  /** Name of the channel for replies. */
  readonly replyTo?: string;
  /** When to send the message. Default: immediately. */
  readonly later?: Later;
  /** Conversation of the message. Default: the `correlationId` of the context. */
  readonly correlationId?: string;
  /** Message id. Default: a new id. */
  readonly id?: string;
}

/** A draft addressed to one channel. */
export interface AddressedDraft<C extends MessageContract = MessageContract> extends Draft<C> {
  readonly channel: Channel;
}

type DraftOptions = MaybeLater & {
  /** The channel for replies. */
  replyTo?: Channel;
  /** Conversation of the message. Default: the `correlationId` of the context. */
  correlationId?: string;
  /** Message id. Default: a new id. */
  id?: string;
};

/**
 * Creates the draft of an event of the publisher's topic. A scheduled event (`{ at }` or `{ after }`) gets its version
 * when it is due.
 * @throws {Error} if the time is invalid
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
 * Creates the draft of a message to a queue: `draftTo(payments, charge, bill)`. If the options contain a time, the
 * message is scheduled: `draftTo(orders, cancel, order, { after: 1_800 })`.
 * @throws {Error} if the time is invalid
 * @public
 */
export const draftTo = <To extends Channel, C extends To['messages'][number]>(
  channel: To,
  contract: C,
  data: z.input<C['data']>,
  options?: DraftOptions,
): AddressedDraft<C> => ({ ...draft(contract, data, options), channel });

/** @throws {Error} if the contract has no subject field, or the data lacks that field: a defect in the caller */
export function subjectOf({ contract, data, channel }: AddressedDraft): string {
  const { type, subjectField = '' } = contract;
  const subject = (data as Record<string, unknown>)[subjectField];
  if (typeof subject === 'string') return subject;
  throw new Error(`${type}, which is sent to ${channel.name}, needs a subjectField that is present in its data`);
}

/** The sender and the subject of a message, and its place in the order of its aggregate. */
export interface Placing {
  source: string;
  subject: string;
  /**
   * The aggregate's version, or the position of a command. Omitted on a channel without order, and until a scheduled
   * message is due.
   */
  version?: number;
  /**
   * Aggregate id of the outbox row. Rows of one aggregate are sent in order. Default: a unique id, so that no order
   * applies.
   */
  aggregateId?: string;
}

/**
 * Converts a draft into a message that is ready to send.
 * @throws {Error} if the channel does not carry the message, the source may not send it, or the data violates the
 * contract
 * @throws {MessageTooLargeError} if the message exceeds the limit of every channel
 */
export function outgoingOf(
  channel: Channel,
  { contract, data, replyTo, ...draft }: Draft,
  { source, subject, version, aggregateId }: Placing,
  { now, newId, traceparent, ...context }: CommandContext,
  apart?: Apart,
): OutgoingMessage {
  const { name, format, messages } = channel;
  if (!messages.some(({ type }) => type === contract.type)) throw new Error(`${name} does not carry ${contract.type}`);
  if (!maySend(channel, { source, type: contract.type }))
    throw new Error(
      `${source} may not send ${contract.type} on ${name}: the \`from\` of the channel does not include this source`,
    );
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
 * The outbox row of a message that is sent immediately. Only such a message can have its data stored apart: a scheduled
 * message must contain its data, because stored data expires and a message can be scheduled for any time.
 * @param claimCheck replaces the data of the message with a reference if the message is too large
 * @throws {Error} like {@link outgoingOf}, and if the channel is `large` and there is no claim check: a defect in the
 * caller
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
      `${name} is large: pass a \`claimCheck\` to its sender (createPublisher, createOutboxWriter, createProcess)`,
    );
  const message = outgoingOf(channel, draft, placing, context, large && claimCheck?.apart);
  return {
    aggregateId: message.group,
    version: placing.version ?? 1,
    messages: [message],
    committedAt: context.now.toISOString(),
  };
}
