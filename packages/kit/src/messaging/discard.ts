import type { MessageContract } from '../contracts/contract.ts';
import { decide } from './cursor.ts';
import { PermanentError, TransientError } from './errors.ts';
import { isErasing } from './message.ts';
import { isOld } from './parked.ts';
import { mayBegin } from './parking/policy.ts';
import type { ParkedKey, ParkedMessage, SubscriberStore } from './subscriber-store.ts';

export interface DiscardOptions {
  store: SubscriberStore;
  contracts: readonly MessageContract[];
  idempotent?: boolean;
  joinsLate: boolean;
  now: () => Date;
}

/**
 * Discards a parked message: stores the message and the reason, and skips its version. The version is not skipped if it
 * is unknown, is below the baseline, or belongs to another parked message, too. An idempotent consumer skips no
 * versions, because it has no cursors. A version that never arrived can be skipped once later versions have waited for
 * it for an hour. `messageId` can be omitted if only one message has the version.
 *
 * A message with reason `unsent` was already applied. Its discard only stops the sending of its outgoing messages.
 * @throws {PermanentError} if there is no such message and its version cannot be skipped, if several messages match, or
 * if a message with a reason other than `unsent` erases data, was already applied, or must wait for an earlier version
 * @throws {TransientError} if the aggregate was changed concurrently
 */
export type Discard = (key: Omit<ParkedKey, 'messageId'> & { messageId?: string }, because: string) => Promise<void>;

export function createDiscard({ store, contracts, idempotent = false, joinsLate, now }: DiscardOptions): Discard {
  /** Another parked message with the same version, which can be applied instead. */
  const rivalOf = ({ version, messageId }: ParkedMessage, queue: readonly ParkedMessage[]) =>
    queue.find((other) => version > 0 && other.version === version && other.messageId !== messageId);

  /** How the cursor moves when a message is skipped; undefined if it does not move. */
  async function cursorMove(parked: ParkedMessage, queue: readonly ParkedMessage[]) {
    const { aggregateId, version } = parked;
    if (version === 0 || idempotent) return undefined;
    const decision = decide(await store.cursor(aggregateId), version);
    if (decision.action === 'park' && decision.because === 'below-baseline') {
      if (queue.includes(parked)) return undefined;
      throw new PermanentError(`version ${version} of ${aggregateId} is below its baseline: nothing waits for it`);
    }
    // The message was already applied. Discarding it only stops the sending of the messages that follow from it.
    if (decision.action === 'acknowledge' && parked.reason === 'unsent') return undefined;
    if (decision.action === 'acknowledge') {
      throw new PermanentError(
        `version ${version} of ${aggregateId} was already applied or discarded: the sweep removes the message`,
      );
    }
    if (rivalOf(parked, queue)) return undefined;
    if (decision.action === 'apply') return { after: decision.after, next: { version } };
    if (decision.action === 'adopt' && queue[0] === parked && mayBegin(parked, joinsLate, now())) {
      return { after: 0, next: { version, baseline: version } };
    }
    throw new PermanentError(
      `version ${version} of ${aggregateId} waits for an earlier version, which may still arrive`,
    );
  }

  return async (key, because) => {
    const queue = await store.parkedOf(key.aggregateId);
    const matches = queue.filter(
      ({ version, messageId }) => version === key.version && (key.messageId ?? messageId) === messageId,
    );
    if (matches.length > 1) {
      const ids = matches.map(({ messageId }) => messageId).join(', ');
      throw new PermanentError(
        `${matches.length} messages have version ${key.version}: pass one of these message ids: ${ids}`,
      );
    }
    const parked: ParkedMessage = matches[0] ?? recordOfMissing(key, queue);
    if (parked.reason !== 'unsent' && isErasing(parked, contracts)) {
      throw new PermanentError(`version ${key.version} erases personal data: it cannot be discarded, only redriven`);
    }
    const discarded = { ...parked, discardedAt: now().toISOString(), discardedBecause: because };
    const { state } = await store.discard(discarded, await cursorMove(parked, queue), rivalOf(parked, queue));
    if (state !== 'done') throw new TransientError('the aggregate was changed concurrently: try again');
    // The subject may have been erased concurrently. The record of the message must then be erased, too.
    if ((await store.cursor(key.aggregateId))?.erased) await store.eraseLeft(key.aggregateId, '');
  };

  /** The record of a version that never arrived. */
  function recordOfMissing({ aggregateId, version }: Omit<ParkedKey, 'messageId'>, queue: readonly ParkedMessage[]) {
    const waiting = queue.filter((parked) => version > 0 && parked.version > version);
    if (waiting.length === 0) {
      throw new PermanentError(`version ${version} of ${aggregateId} is not parked, and nothing waits for it`);
    }
    // A version that is missing for an hour is assumed never to arrive.
    if (!waiting.some((parked) => isOld(parked, now()))) {
      throw new PermanentError(
        `version ${version} of ${aggregateId} may still arrive: later versions have waited for it for less than an hour`,
      );
    }
    const at = now().toISOString();
    return {
      aggregateId,
      version,
      messageId: 'never-came',
      body: '',
      reason: 'gap',
      attempts: 0,
      parkedAt: at,
    } as const;
  }
}
