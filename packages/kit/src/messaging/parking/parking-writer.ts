import type { Parked } from '../applier.ts';
import { backoffSeconds } from '../backoff.ts';
import type { Delivery } from '../consumer.ts';
import type { UnreadableMessageError } from '../errors.ts';
import { type Envelope, positionOf } from '../message.ts';
import type { ParkedMessage, SubscriberStore } from '../subscriber-store.ts';
import { UnsentError } from '../unsent-error.ts';

export interface ParkingWriterOptions {
  store: SubscriberStore;
  /** Name of the subscriber's own queue. Unreadable messages are parked under this name. */
  queueName: string;
  unordered?: boolean;
  now: () => Date;
  random: () => number;
}

/** A message as received, and its sender. */
export type Sent = Pick<Delivery, 'body' | 'senderId'>;

/** A message to park, or a parked message to update. */
type MessageToRecord = Pick<ParkedMessage, 'aggregateId' | 'version' | 'messageId' | 'type' | 'body' | 'senderId'>;

/**
 * The attempts so far, including the attempt whose result is stored. `parkedAt` is set if the message is already
 * parked.
 */
type AttemptsSoFar = Pick<ParkedMessage, 'attempts'> & Partial<Pick<ParkedMessage, 'parkedAt' | 'unanswered'>>;

export type ParkingWriter = ReturnType<typeof createParkingWriter>;

/** Limit for the text of an error, which may quote a sender's input. */
const MAX_ERROR_CHARACTERS = 2_000;

export const textOf = (error: Error) => `${error.name}: ${error.message}`.slice(0, MAX_ERROR_CHARACTERS);

/** Creates a writer, which stores parked messages with the result of their last attempt. */
export function createParkingWriter({ store, queueName, unordered = false, now, random }: ParkingWriterOptions) {
  const nextTry = (attempts: number) =>
    new Date(now().getTime() + backoffSeconds(attempts, random) * 1000).toISOString();

  /** Parks a message, or updates a parked message. @returns the parked message */
  async function record(
    message: MessageToRecord,
    { reason, error }: Parked,
    before: AttemptsSoFar,
  ): Promise<ParkedMessage> {
    const { aggregateId, version, messageId, type, body, senderId } = message;
    const parked: ParkedMessage = {
      ...{ aggregateId, version, messageId },
      ...(type !== undefined && { type }),
      ...(senderId !== undefined && { senderId }),
      // An `unsent` message is already applied, and the messages that follow from it are stored. Its body is not
      // needed, and is dropped, because it may contain personal data.
      body: reason === 'unsent' ? '' : body,
      reason,
      parkedAt: now().toISOString(),
      ...before,
      ...(error && { error: textOf(error), triedAt: now().toISOString() }),
      ...(error instanceof UnsentError && error.unsent.length > 0 && { unsent: error.unsent }),
      ...((reason === 'retry' || reason === 'unsent') && { nextTryAt: nextTry(before.unanswered ?? before.attempts) }),
    };
    // `known`: a message that was parked may have been removed in the meantime, and must not be parked again. `new`: if
    // the message is already parked with a recorded failure, a redelivery with the reason `gap` must not overwrite the
    // failure.
    if (before.parkedAt !== undefined) await store.park(parked, 'known');
    else await store.park(parked, reason === 'gap' ? 'new' : undefined);
    return parked;
  }

  return {
    nextTry,
    record,

    /** Parks a message as it was received. */
    park(
      envelope: Envelope,
      { body, senderId }: Sent,
      attempted: Parked,
      before: AttemptsSoFar,
    ): Promise<ParkedMessage> {
      const { id: messageId, type } = envelope;
      const message = { ...positionOf(envelope, unordered), messageId, type, body };
      return record({ ...message, ...(senderId !== undefined && { senderId }) }, attempted, before);
    },

    /** Parks a message whose aggregate or version is unreadable: under the queue's name, with an unchanged body. */
    async parkUnreadable(delivery: Delivery, error: UnreadableMessageError): Promise<void> {
      const at = now().toISOString();
      const { queueMessageId, body, senderId } = delivery;
      const key = { aggregateId: queueName, version: 0, messageId: queueMessageId };
      const about = { reason: 'unreadable' as const, attempts: 1, error: textOf(error), parkedAt: at, triedAt: at };
      await store.park({ ...key, body, ...(senderId !== undefined && { senderId }), ...about });
    },

    /** Updates a parked message after a failed attempt. */
    async update(parked: ParkedMessage, error: Error): Promise<{ parked: ParkedMessage; error: Error }> {
      // The message may have been removed, or discarded by an operator, in the meantime.
      await store.park({ ...parked, error: textOf(error) }, 'known');
      return { parked, error };
    },
  };
}
