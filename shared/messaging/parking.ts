import pMap from 'p-map';
import type { MessageContract } from '../contracts/contract.ts';
import type { Applier, Parked } from './applier.ts';
import { backoffSeconds } from './backoff.ts';
import type { Delivery } from './consumer.ts';
import { decide } from './cursor.ts';
import { PermanentError, PostponedError, TransientError, type UnreadableMessageError, UnsentError } from './errors.ts';
import { type Envelope, isErasing, isReadable, placeOf, readEnvelope } from './message.ts';
import type { ParkedMessage, SubscriberStore } from './subscriber-store.ts';

/** What a sweep or a redrive did to the parked messages of one aggregate. */
export interface ReleaseReport {
  aggregateId: string;
  /** Also those of which only what follows was left to be sent. */
  applied: number;
  /** Left where they are: their predecessor is missing or waits itself, or their time has not come. */
  waiting: number;
  /** Left for a person. */
  forPerson: number;
  /** The version at which it stopped, if one was tried, and why. */
  version?: number;
  error?: string;
}

export interface ParkingOptions {
  store: SubscriberStore;
  /** Of the subscriber's own queue: what names no aggregate is parked under it. */
  queueName: string;
  /** Whether it came after the first aggregates: it begins an unknown one at the first version that it meets. */
  joinsLate: boolean;
  unordered?: boolean;
  contracts: readonly MessageContract[];
  /** @throws {UnreadableMessageError} if a message that could not be read is still none that is expected */
  readParked: (body: string) => Envelope;
  applier: Applier;
  now: () => Date;
  random: () => number;
}

/**
 * The lower versions of an aggregate that a late subscriber meets above version 1 may be on their way by the dead-letter
 * queue. Longer than that way takes: the queue's visibility timeout and a few sweeps.
 */
const ADOPT_AFTER_MS = 5 * 60_000;
/** What has been parked for so long needs a look, whatever it is parked for. */
const OLD_MS = 60 * 60_000;
/** A message over which the sweep died so often in a row waits for a person. */
const MAX_DEATHS = 5;
const SWEEP_SEGMENTS = 4;
/** As many as a batch of a queue has: what a handler calls is limited by that. */
const AGGREGATES_AT_ONCE = 10;
/** Of an error's text, which may repeat what a sender wrote. */
const LONGEST_ERROR = 2_000;

/**
 * What becomes of one parked message; after `applied`, `gone`, `skipped` and an UnsentError the next of its aggregate has
 * its turn.
 */
type Released = 'applied' | 'gone' | 'skipped' | 'waits' | Error;

/** On whose behalf parked messages are tried. */
interface Release {
  /** A person's: also what failed for good. */
  redriven: boolean;
  /** Also what is held. */
  released: boolean;
  /** The capability is switched off: nothing is applied, but what was is settled. */
  isOff: boolean;
}

/** The place of messages that cannot be applied yet, or not without a person; nothing on the fast path knows of it. */
export function createParking(options: ParkingOptions) {
  const { store, queueName, joinsLate, unordered = false, contracts, readParked, applier, now, random } = options;
  const nextTry = (attempts: number) =>
    new Date(now().getTime() + backoffSeconds(attempts, random) * 1000).toISOString();
  const ageOf = ({ parkedAt }: ParkedMessage) => now().getTime() - Date.parse(parkedAt);
  const isOld = (parked: ParkedMessage) => ageOf(parked) > OLD_MS;

  async function park(
    envelope: Envelope,
    body: string,
    { reason, error }: Parked,
    before: Pick<ParkedMessage, 'attempts'> & Partial<Pick<ParkedMessage, 'parkedAt' | 'unanswered'>>,
  ): Promise<void> {
    const message: ParkedMessage = {
      ...placeOf(envelope, unordered),
      messageId: envelope.id,
      // To send what follows, its place is enough; and what it says may be personal.
      body: reason === 'unsent' ? '' : body,
      reason,
      parkedAt: now().toISOString(),
      ...before,
      ...(error && { error: textOf(error), triedAt: now().toISOString() }),
      ...((reason === 'retry' || reason === 'unsent') && { nextTryAt: nextTry(before.unanswered ?? before.attempts) }),
    };
    // A message that comes again, too early, is no news; what is known of its failure is to be kept.
    // One that was parked before may have been taken away meanwhile: then it stays so.
    if (before.parkedAt !== undefined) await store.park(message, 'known');
    else await store.park(message, reason === 'gap' ? 'new' : undefined);
  }

  /** Whether a parked message may be tried now; what waits for a person is tried when a person says so. */
  function isDue({ reason, nextTryAt = '' }: ParkedMessage, { redriven, released, isOff }: Release): boolean {
    if (isOff || (reason === 'held' && !released)) return false;
    if (redriven || reason === 'gap') return true;
    return (reason === 'retry' || reason === 'unsent') && Date.parse(nextTryAt) <= now().getTime();
  }

  /** Also what fails for now, or waits for its predecessor, for longer than that is usual. What is held is no fault. */
  const needsPerson = (parked: ParkedMessage) =>
    parked.reason === 'failed' || (parked.reason !== 'held' && isOld(parked));

  /** Whether an aggregate without cursor may begin with this message. */
  const mayBegin = (parked: ParkedMessage) => joinsLate && ageOf(parked) >= ADOPT_AFTER_MS;

  /** Tries a message in its turn. */
  async function tryAgain(parked: ParkedMessage, mayAdopt: boolean, redriven: boolean): Promise<'applied' | Error> {
    const attempts = parked.attempts + 1;
    const unanswered = (parked.unanswered ?? 0) + 1;
    if (parked.reason !== 'failed' && unanswered > MAX_DEATHS) {
      const error = new PermanentError(`the sweep died over it; ${parked.error ?? 'it never answered'}`);
      await store.park({ ...parked, reason: 'failed', error: textOf(error) });
      return error;
    }
    const released = parked.reason === 'held';
    const reason = parked.reason === 'failed' || released ? parked.reason : 'retry';
    // Written before the try, so that a message over which the sweep dies is not the next one's first again.
    await store.park({ ...parked, reason, attempts, unanswered, nextTryAt: nextTry(attempts) });
    const envelope = readEnvelope(parked.body);
    const attempted = await applier
      .apply(envelope, { mayAdopt, released, redriven })
      // It waits for the next release, not for the sweep, which would have it held again.
      .catch((error: Error): Parked => {
        const failed = reasonOf(error);
        return { outcome: 'parked', reason: released && failed === 'retry' ? 'held' : failed, error };
      });
    if (attempted.outcome === 'parked' && attempted.error instanceof PostponedError) {
      // No try of its own: the one before counts on.
      const { error } = attempted;
      const nextTryAt = error.until.toISOString();
      await store.park({ ...withoutTry(parked), reason: attempted.reason, error: textOf(error), nextTryAt });
      return error;
    }
    if (attempted.outcome !== 'parked') {
      await store.unpark(parked);
      return 'applied';
    }
    await park(envelope, parked.body, attempted, { attempts, parkedAt: parked.parkedAt });
    return attempted.error ?? new TransientError('the cursor of its aggregate was moved meanwhile');
  }

  /** Code that was repaired may read what could not be read. */
  async function readAgain(parked: ParkedMessage, redriven: boolean): Promise<'applied' | 'gone' | Error> {
    const attempts = parked.attempts + 1;
    try {
      const envelope = readParked(parked.body);
      const attempted = await applier.apply(envelope, { redriven }).catch((error: Error): Parked => {
        if (error instanceof UnsentError) return { outcome: 'parked', reason: 'unsent', error };
        throw error;
      });
      if (attempted.outcome === 'parked') await park(envelope, parked.body, attempted, { attempts });
      await store.unpark(parked);
      return attempted.outcome === 'applied' ? 'applied' : 'gone';
    } catch (error) {
      await store.park({ ...parked, attempts, error: textOf(error as Error), triedAt: now().toISOString() });
      return error as Error;
    }
  }

  async function settle(parked: ParkedMessage, how: Release): Promise<'gone' | 'waits' | Error> {
    if (parked.reason === 'unsent' && !isDue(parked, { ...how, isOff: false })) return 'waits';
    try {
      await applier.settle(parked);
    } catch (error) {
      const attempts = parked.attempts + 1;
      const about = { error: textOf(error as Error), triedAt: now().toISOString(), nextTryAt: nextTry(attempts) };
      // Somebody may have discarded it meanwhile.
      await store.park({ ...parked, body: '', reason: 'unsent', attempts, ...about }, 'known');
      return error as Error;
    }
    await store.unpark(parked);
    return 'gone';
  }

  async function releaseOne(parked: ParkedMessage, how: Release): Promise<Released> {
    if (parked.reason === 'unreadable') return readAgain(parked, how.redriven);
    const decision = decide(await store.cursor(parked.aggregateId), parked.version);
    if (decision.action === 'acknowledge') {
      // It came again and was applied since it was parked, or could only not send what follows.
      return settle(parked, how);
    }
    if (decision.action === 'park') {
      if (decision.because === 'gap') return 'waits';
      if (parked.reason !== 'below-baseline') await store.park({ ...parked, reason: 'below-baseline' });
      return 'skipped';
    }
    const adopts = decision.action === 'adopt';
    if ((adopts && !mayBegin(parked)) || !isDue(parked, how)) return 'waits';
    return tryAgain(parked, adopts, how.redriven);
  }

  const erasing = contracts.filter(({ erases }) => erases).map(({ type }) => type);
  /** Of thousands of bodies, few have the type in them at all. One that cannot be applied itself makes way for nothing. */
  function erases({ reason, body }: ParkedMessage): boolean {
    if (['unreadable', 'failed', 'unsent'].includes(reason) || !erasing.some((type) => body.includes(type)))
      return false;
    const envelope = readEnvelope(body);
    return isErasing(envelope, contracts) && isReadable(envelope, contracts);
  }

  /** Makes way for an event that erases: what a message says before it has lost its point, and may not be kept. */
  async function drop(parked: ParkedMessage, how: Release): Promise<'gone' | 'waits' | Error> {
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
      return state === 'done' ? 'gone' : 'waits';
    }
    // It was applied: what follows from it is still to be sent.
    if (decision.action === 'acknowledge') return settle(parked, how);
    // Its predecessor may still be on its way, and must find its place.
    if (decision.action === 'adopt' || (decision.action === 'park' && decision.because === 'gap')) return 'waits';
    await store.unpark(parked);
    return 'gone';
  }

  async function releaseOrDrop(parked: ParkedMessage, last: ParkedMessage | undefined, how: Release) {
    if (last === undefined || parked.reason === 'unsent') return releaseOne(parked, how);
    if (parked.version < last.version) return drop(parked, how);
    // Who leaves waits neither for a person who held the message, nor for a capability to be switched on again.
    return releaseOne(parked, parked === last ? { ...how, released: true, isOff: false } : how);
  }

  /** Where to count what became of a message, unless it holds up what is behind it. */
  function countOf(parked: ParkedMessage, result: Released): 'applied' | 'waiting' | 'forPerson' | 'none' | 'holds up' {
    const isUnsent = parked.reason === 'unsent';
    if (result === 'applied' || (isUnsent && result === 'gone')) return 'applied';
    if (result === 'gone') return 'none';
    if (result === 'skipped') return 'forPerson';
    // Its cursor has moved: nobody waits for it.
    if (isUnsent) return isOld(parked) ? 'forPerson' : 'waiting';
    if (result instanceof UnsentError) return 'waiting';
    return parked.reason === 'unreadable' ? 'forPerson' : 'holds up';
  }

  /** Applies the parked messages of an aggregate, from the lowest, as far as it goes. */
  async function release(aggregateId: string, how: Release, mayGoOn: () => boolean): Promise<ReleaseReport> {
    const report: ReleaseReport = { aggregateId, applied: 0, waiting: 0, forPerson: 0 };
    try {
      const queue = await store.parkedOf(aggregateId);
      const last = queue.findLast(erases);
      for (const [index, parked] of queue.entries()) {
        const result = mayGoOn() ? await releaseOrDrop(parked, last, how) : OUT_OF_TIME;
        if (result instanceof Error) Object.assign(report, { version: parked.version, error: textOf(result) });
        const count = countOf(parked, result);
        if (count !== 'holds up') {
          if (count !== 'none') report[count]++;
          continue;
        }
        const forPerson = needsPerson(parked) ? 1 : 0;
        report.forPerson += forPerson;
        report.waiting += queue.length - index - forPerson;
        break;
      }
    } catch (error) {
      report.error = textOf(error as Error);
    }
    return report;
  }

  /** What the sweep need not read one by one: what nobody could read, and, after a long outage, what is not due yet. */
  function standing(aggregateId: string, queue: readonly ParkedMessage[], how: Release): ReleaseReport | undefined {
    if (aggregateId === queueName) return { aggregateId, applied: 0, waiting: 0, forPerson: queue.length };
    // Who leaves waits for nothing that can be dropped.
    if (queue.some(erases)) return undefined;
    const lowest = lowestOf(queue);
    const toSend = queue.filter(({ reason }) => reason === 'unsent');
    if (toSend.some((parked) => isDue(parked, { ...how, isOff: false }))) return undefined;
    // One that is held may have come again and been applied since: then others wait for nothing.
    const isHeldAlone = lowest?.reason === 'held' && queue.length === 1;
    const stands = isHeldAlone || (lowest?.reason === 'retry' && !isDue(lowest, how));
    if (lowest && !stands) return undefined;
    const forPerson = toSend.filter(isOld).length + (lowest && needsPerson(lowest) ? 1 : 0);
    return { aggregateId, applied: 0, waiting: queue.length - forPerson, forPerson };
  }

  return {
    park,

    /** Parks what names no aggregate or version under its queue, as it is. */
    async parkUnreadable({ queueMessageId, body }: Delivery, error: UnreadableMessageError): Promise<void> {
      const at = now().toISOString();
      const key = { aggregateId: queueName, version: 0, messageId: queueMessageId };
      const about = { reason: 'unreadable' as const, attempts: 1, error: textOf(error), parkedAt: at, triedAt: at };
      await store.park({ ...key, body, ...about });
    },

    /**
     * Applies what is parked and whose turn and time have come, each aggregate from its lowest. The next sweep begins
     * elsewhere, so that nothing waits for ever if this one runs out of time.
     * @param mayGoOn false: nothing further is begun
     * @param isOff whether the capability is switched off now: nothing is applied, but all is counted
     */
    async sweep(
      mayGoOn: () => boolean,
      onReport: (report: ReleaseReport) => void,
      isOff: () => Promise<boolean> = async () => false,
    ): Promise<void> {
      const howNow = async (): Promise<Release> => ({ redriven: false, released: false, isOff: await isOff() });
      const first = Math.floor(random() * SWEEP_SEGMENTS);
      const suspects: string[] = [];
      for (let index = 0; index < SWEEP_SEGMENTS; index++) {
        let last: string | undefined;
        for await (const page of store.parked((first + index) % SWEEP_SEGMENTS, SWEEP_SEGMENTS)) {
          // An aggregate's messages stand together: only the end of a page and the start of the next can share one.
          const queues = [...Map.groupBy(page, ({ aggregateId }) => aggregateId)].filter(
            ([id]) => id !== last || id === queueName,
          );
          last = queues.at(-1)?.[0] ?? last;
          await pMap(
            queues,
            async ([aggregateId, queue]) => {
              if (!mayGoOn()) return;
              const how = await howNow();
              const report = standing(aggregateId, queue, how);
              if (!report && (isSuspect(queue) || queue.some((parked) => parked.unanswered && erases(parked))))
                suspects.push(aggregateId);
              else onReport(report ?? (await release(aggregateId, how, mayGoOn)));
            },
            { concurrency: AGGREGATES_AT_ONCE },
          );
          if (!mayGoOn()) return;
        }
      }
      // The function died over one of these, or beside one: alone, it takes no other down with it.
      for (const aggregateId of suspects) {
        if (!mayGoOn()) return;
        onReport(await release(aggregateId, await howNow(), mayGoOn));
      }
    },

    /**
     * Applies the parked messages of aggregates in order, also what waits for a person.
     * @param released also what is held
     */
    redrive(aggregateIds: readonly string[], mayGoOn: () => boolean, released = false): Promise<ReleaseReport[]> {
      const how: Release = { redriven: true, released, isOff: false };
      return pMap(aggregateIds, (id) => release(id, how, mayGoOn), { concurrency: AGGREGATES_AT_ONCE });
    },

    mayBegin,
    isOld,
  };
}

/** The first that is still to be applied. */
const lowestOf = (queue: readonly ParkedMessage[]) => queue.find(({ reason }) => reason !== 'unsent');

function isSuspect(queue: readonly ParkedMessage[]): boolean {
  const lowest = lowestOf(queue);
  return lowest?.reason === 'retry' && Boolean(lowest.unanswered);
}

const withoutTry = ({ unanswered: _, ...parked }: ParkedMessage): ParkedMessage => parked;

/** Why a message is set aside that failed for now. */
export const reasonOf = (error: Error) => (error instanceof UnsentError ? 'unsent' : 'retry');

const OUT_OF_TIME = new TransientError('the function ran out of time: run it again');

const textOf = (error: Error) => `${error.name}: ${error.message}`.slice(0, LONGEST_ERROR);
