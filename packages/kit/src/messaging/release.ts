import type { Applier, ApplyOptions, Attempt, Parked } from './applier.ts';
import { backoffSeconds } from './backoff.ts';
import type { Delivery } from './consumer.ts';
import { decide } from './cursor.ts';
import { isPermanent, PermanentError, PostponedError, TransientError, UnreadableMessageError } from './errors.ts';
import { type Envelope, placeOf } from './message.ts';
import { ageOf } from './parked.ts';
import type { ParkedMessage, SubscriberStore } from './subscriber-store.ts';
import { UnsentError } from './unsent-error.ts';

export interface ReleaseOptions {
  store: SubscriberStore;
  /** Whether it came after the first aggregates: it begins an unknown one at the first version that it meets. */
  joinsLate: boolean;
  unordered?: boolean;
  /** @throws {UnreadableMessageError} if it cannot be read, or is none that is expected */
  readParked: (parked: Sent) => Envelope;
  applier: Applier;
  now: () => Date;
  random: () => number;
}

/** On whose behalf parked messages are tried. */
export interface How {
  /** A person's: also what failed for good. */
  redriven: boolean;
  /** Also what is held. */
  released: boolean;
  /** The capability is switched off: nothing is applied, but what was is settled. */
  isOff: boolean;
  /** Nothing adopts a baseline: a lower version may lie among the dead letters. */
  adoptsNothing?: boolean;
}

/** What became of a parked message: it is gone (`obsolete`: applied before, or its subject left), or left as it is now. */
export type Released = { gone: 'applied' | 'obsolete' } | { left: ParkedMessage; error?: Error };

/**
 * The lower versions of an aggregate that a late subscriber meets above version 1 may lie among the dead letters, which the
 * sweep parks before it tries anything: a minute later at most, and three more if sweeps fail.
 */
const ADOPT_AFTER_MS = 5 * 60_000;
/** A message over which the sweep died so often in a row waits for a person. */
const MAX_DEATHS = 5;
/** Of an error's text, which may repeat what a sender wrote. */
const LONGEST_ERROR = 2_000;

export const textOf = (error: Error) => `${error.name}: ${error.message}`.slice(0, LONGEST_ERROR);

/** Why a message is set aside whose try ended so. */
export function reasonOf(error: Error): 'unsent' | 'failed' | 'retry' {
  if (error instanceof UnsentError) return 'unsent';
  return isPermanent(error) ? 'failed' : 'retry';
}

/** A message that is to be parked, whyever. */
type Unparked = Pick<ParkedMessage, 'aggregateId' | 'version' | 'messageId' | 'type' | 'body' | 'senderId'>;

/** A message as it was received, and from whom. */
export type Sent = Pick<Delivery, 'body' | 'senderId'>;

/** What is known of it from before; `parkedAt`: it was parked already. */
type Before = Pick<ParkedMessage, 'attempts'> & Partial<Pick<ParkedMessage, 'parkedAt' | 'unanswered'>>;

/** Sets single messages aside, and tries them again. */
export function createRelease(options: ReleaseOptions) {
  const { store, joinsLate, unordered = false, readParked, applier, now, random } = options;
  const nextTry = (attempts: number) =>
    new Date(now().getTime() + backoffSeconds(attempts, random) * 1000).toISOString();

  /** @returns the message as it is parked now */
  async function keep(message: Unparked, { reason, error }: Parked, before: Before): Promise<ParkedMessage> {
    const { aggregateId, version, messageId, type, body, senderId } = message;
    const parked: ParkedMessage = {
      ...{ aggregateId, version, messageId },
      ...(type !== undefined && { type }),
      ...(senderId !== undefined && { senderId }),
      // To send what follows, it is not needed; and what it says may be personal.
      body: reason === 'unsent' ? '' : body,
      reason,
      parkedAt: now().toISOString(),
      ...before,
      ...(error && { error: textOf(error), triedAt: now().toISOString() }),
      ...(error instanceof UnsentError && error.unsent.length > 0 && { unsent: error.unsent }),
      ...((reason === 'retry' || reason === 'unsent') && { nextTryAt: nextTry(before.unanswered ?? before.attempts) }),
    };
    // A message that comes again, too early, is no news; what is known of its failure is to be kept.
    // One that was parked before may have been taken away meanwhile: then it stays so.
    if (before.parkedAt !== undefined) await store.park(parked, 'known');
    else await store.park(parked, reason === 'gap' ? 'new' : undefined);
    return parked;
  }

  /** Parks a message as it was received. */
  const park = (envelope: Envelope, { body, senderId }: Sent, attempted: Parked, before: Before) => {
    const { id: messageId, type } = envelope;
    const message = { ...placeOf(envelope, unordered), messageId, type, body };
    return keep({ ...message, ...(senderId !== undefined && { senderId }) }, attempted, before);
  };

  /** Leaves a message parked as it is now. */
  async function leave(left: ParkedMessage, error: Error): Promise<Released> {
    // It may have been taken away, or given up by a person, meanwhile.
    await store.park({ ...left, error: textOf(error) }, 'known');
    return { left, error };
  }

  /** Whether a parked message may be tried now; what waits for a person is tried when a person says so. */
  function isDue({ reason, nextTryAt = '' }: ParkedMessage, { redriven, released, isOff }: How): boolean {
    if (isOff) return false;
    if (reason === 'held') return released;
    if (redriven || reason === 'gap') return true;
    return (reason === 'retry' || reason === 'unsent') && Date.parse(nextTryAt) <= now().getTime();
  }

  /** Whether an aggregate without cursor may begin with this message. */
  const mayBegin = (parked: ParkedMessage) => joinsLate && ageOf(parked, now()) >= ADOPT_AFTER_MS;

  async function attempt(parked: ParkedMessage, how: ApplyOptions): Promise<Attempt> {
    try {
      return await applier.apply(readParked(parked), how);
    } catch (error) {
      const reason = reasonOf(error as Error);
      // It waits for the next release, not for the sweep, which would have it held again.
      return {
        outcome: 'parked',
        reason: how.released && reason === 'retry' ? 'held' : reason,
        error: error as Error,
      };
    }
  }

  /** Tries a message in its turn. */
  async function tryAgain(parked: ParkedMessage, mayAdopt: boolean, redriven: boolean): Promise<Released> {
    const attempts = parked.attempts + 1;
    const unanswered = (parked.unanswered ?? 0) + 1;
    if (parked.reason !== 'failed' && unanswered > MAX_DEATHS) {
      const error = new PermanentError(`the sweep died over it; ${parked.error ?? 'it never answered'}`);
      return leave({ ...parked, reason: 'failed' }, error);
    }
    const released = parked.reason === 'held';
    const reason = parked.reason === 'failed' || released ? parked.reason : 'retry';
    // Written before the try, so that a message over which the sweep dies is not the next one's first again.
    await store.park({ ...parked, reason, attempts, unanswered, nextTryAt: nextTry(attempts) }, 'known');
    const attempted = await attempt(parked, { mayAdopt, released, redriven });
    if (attempted.outcome !== 'parked') {
      await store.unpark(parked);
      return { gone: attempted.outcome === 'applied' ? 'applied' : 'obsolete' };
    }
    if (attempted.error instanceof PostponedError) {
      // No try of its own: the one before counts on.
      const { unanswered: _, ...before } = parked;
      const { error, reason: because } = attempted;
      return leave({ ...before, reason: because, nextTryAt: error.until.toISOString() }, error);
    }
    const left = await keep(parked, attempted, { attempts, parkedAt: parked.parkedAt });
    return { left, error: attempted.error ?? new TransientError('the cursor of its aggregate was moved meanwhile') };
  }

  /** Code that was repaired may read what could not be read. */
  async function readAgain(parked: ParkedMessage, redriven: boolean): Promise<Released> {
    const attempts = parked.attempts + 1;
    try {
      const envelope = readParked(parked);
      const attempted = await applier.apply(envelope, { redriven }).catch((error: Error): Parked => {
        if (error instanceof UnsentError) return { outcome: 'parked', reason: 'unsent', error };
        throw error;
      });
      const isParked = attempted.outcome === 'parked';
      const left = isParked && (await park(envelope, parked, attempted, { attempts }));
      await store.unpark(parked);
      if (left) return { left };
      return { gone: attempted.outcome === 'applied' ? 'applied' : 'obsolete' };
    } catch (error) {
      return leave({ ...parked, attempts, triedAt: now().toISOString() }, error as Error);
    }
  }

  async function settle(parked: ParkedMessage, how: How): Promise<Released> {
    const isUnsent = parked.reason === 'unsent';
    if (isUnsent && !isDue(parked, { ...how, isOff: false })) return { left: parked };
    try {
      await applier.settle({ ...parked, ...(isUnsent ? {} : leftOf(parked)) });
    } catch (error) {
      const attempts = parked.attempts + 1;
      // What it says, or what is left of it, is needed still.
      if (!(error instanceof UnsentError))
        return leave(
          { ...parked, attempts, nextTryAt: nextTry(attempts), triedAt: now().toISOString() },
          error as Error,
        );
      const left = await keep(
        parked,
        { outcome: 'parked', reason: 'unsent', error },
        { attempts, parkedAt: parked.parkedAt },
      );
      return { left, error };
    }
    await store.unpark(parked);
    return { gone: isUnsent ? 'applied' : 'obsolete' };
  }

  /** What a message says that is parked still, though it was applied; nothing, if it was erased or cannot be read. */
  function leftOf(parked: ParkedMessage): { envelope?: Envelope } {
    if (parked.body === '') return {};
    try {
      return { envelope: readParked(parked) };
    } catch (error) {
      if (error instanceof UnreadableMessageError) return {};
      throw error;
    }
  }

  /** Does what can be done with a parked message now. */
  async function release(parked: ParkedMessage, how: How): Promise<Released> {
    if (parked.reason === 'unreadable') return readAgain(parked, how.redriven);
    const decision = decide(await store.cursor(parked.aggregateId), parked.version);
    // It came again and was applied since it was parked, or could only not send what follows.
    if (decision.action === 'acknowledge') return settle(parked, how);
    if (decision.action === 'park') {
      if (decision.because === 'gap') return { left: parked };
      const left: ParkedMessage = { ...parked, reason: 'below-baseline' };
      if (parked.reason !== left.reason) await store.park(left, 'known');
      return { left };
    }
    const adopts = decision.action === 'adopt';
    if ((adopts && (how.adoptsNothing || !mayBegin(parked))) || !isDue(parked, how)) return { left: parked };
    return tryAgain(parked, adopts, how.redriven);
  }

  /** Makes way for an event that erases: what a message says before it has lost its point, and may not be kept. */
  async function drop(parked: ParkedMessage, how: How): Promise<Released> {
    const { aggregateId, version } = parked;
    const decision = decide(await store.cursor(aggregateId), version);
    const adopts = decision.action === 'adopt' && mayBegin(parked);
    if (decision.action === 'apply' || adopts) {
      const { error: _, ...rest } = parked;
      const discarded = { ...rest, body: '', discardedAt: now().toISOString(), discardedBecause: 'its subject left' };
      const after = decision.action === 'apply' ? decision.after : 0;
      const { state } = await store.discard(discarded, {
        after,
        next: { version, ...(adopts && { baseline: version }) },
      });
      return state === 'done' ? { gone: 'obsolete' } : { left: parked };
    }
    // It was applied: what follows from it is still to be sent.
    if (decision.action === 'acknowledge') return settle(parked, how);
    // Its predecessor may still be on its way, and must find its place.
    if (decision.action === 'adopt' || decision.because === 'gap') return { left: parked };
    await store.unpark(parked);
    return { gone: 'obsolete' };
  }

  return { park, release, drop, isDue, mayBegin };
}
