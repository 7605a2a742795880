import pMap from 'p-map';
import type { Apply, Parked } from './applier.ts';
import { backoffSeconds } from './backoff.ts';
import type { Delivery } from './consumer.ts';
import { decide } from './cursor.ts';
import { PermanentError, TransientError, type UnreadableMessageError } from './errors.ts';
import { type Envelope, readEnvelope, readOrdered, versionOf } from './message.ts';
import type { ParkedKey, ParkedMessage, SubscriberStore } from './subscriber-store.ts';

/** What a sweep or a redrive did to the parked messages of one aggregate. */
export interface ReleaseReport {
  aggregateId: string;
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
  apply: Apply;
  now: () => Date;
  random: () => number;
}

/**
 * An aggregate that is met for the first time above version 1 belongs to a late subscriber, or its lower versions are on
 * their way by the dead-letter queue. Longer than that way takes: the queue's visibility timeout and a few sweeps.
 */
const ADOPT_AFTER_MS = 5 * 60_000;
/** Longer than a message is on its way on any but the worst of days. */
const GAP_IS_OLD_MS = 60 * 60_000;
/** A message over which the sweep died so often in a row waits for a person. */
const MAX_DEATHS = 5;
const SWEEP_SEGMENTS = 4;
const AGGREGATES_AT_ONCE = 16;

/** The place of messages that cannot be applied yet, or not without a person; nothing on the fast path knows of it. */
export function createParking({ store, queueName, apply, now, random }: ParkingOptions) {
  const nextTry = (attempts: number) =>
    new Date(now().getTime() + backoffSeconds(attempts, random) * 1000).toISOString();

  async function park(
    envelope: Envelope,
    body: string,
    { reason, error }: Parked,
    { attempts, ...before }: Pick<ParkedMessage, 'attempts'> & Partial<Pick<ParkedMessage, 'parkedAt' | 'overtook'>>,
  ): Promise<void> {
    await store.park({
      aggregateId: envelope.subject,
      version: versionOf(envelope),
      messageId: envelope.id,
      body,
      reason,
      attempts,
      parkedAt: now().toISOString(),
      ...before,
      ...(error && { error: textOf(error), triedAt: now().toISOString() }),
      ...(reason === 'retry' && { nextTryAt: nextTry(attempts) }),
    });
  }

  /** Whether a parked message may be tried now; what waits for a person is tried when a person says so. */
  function isDue({ reason, nextTryAt = '' }: ParkedMessage, redriven: boolean): boolean {
    return redriven || reason === 'gap' || (reason === 'retry' && Date.parse(nextTryAt) <= now().getTime());
  }

  const ageOf = ({ parkedAt }: ParkedMessage) => now().getTime() - Date.parse(parkedAt);

  /** Also what has long waited for a version that is not even parked: a late subscriber may never get it. */
  const needsPerson = (stoppedAt: ParkedMessage) =>
    stoppedAt.reason === 'failed' || (stoppedAt.reason === 'gap' && ageOf(stoppedAt) > GAP_IS_OLD_MS);

  /** Whether an aggregate without cursor may begin with this message. */
  const mayBegin = (parked: ParkedMessage) => !parked.overtook && ageOf(parked) >= ADOPT_AFTER_MS;

  /** Tries a message in its turn. @returns the error, if it stays parked */
  async function tryAgain(parked: ParkedMessage, mayAdopt: boolean): Promise<Error | undefined> {
    const attempts = parked.attempts + 1;
    const unanswered = (parked.unanswered ?? 0) + 1;
    if (parked.reason !== 'failed' && unanswered > MAX_DEATHS) {
      const error = new PermanentError(`the sweep died over it ${MAX_DEATHS} times in a row`);
      await store.park({ ...parked, reason: 'failed', error: textOf(error) });
      return error;
    }
    const reason = parked.reason === 'failed' ? 'failed' : 'retry';
    // Written before the try, so that a message over which the sweep dies is not the next one's first again.
    await store.park({ ...parked, reason, attempts, unanswered, nextTryAt: nextTry(attempts) });
    const envelope = readEnvelope(parked.body);
    const attempted = await apply(envelope, mayAdopt).catch(
      (error: Error): Parked => ({ outcome: 'parked', reason: 'retry', error }),
    );
    if (attempted.outcome !== 'parked') {
      await store.unpark(parked);
      return undefined;
    }
    await park(envelope, parked.body, attempted, { attempts, parkedAt: parked.parkedAt });
    return attempted.error ?? new TransientError('the cursor of its aggregate was moved meanwhile');
  }

  /** Code that was repaired may read what could not be read. @returns the error, if it stays parked */
  async function readAgain(parked: ParkedMessage): Promise<Error | undefined> {
    const attempts = parked.attempts + 1;
    try {
      const envelope = readOrdered(parked.body);
      const attempted = await apply(envelope);
      if (attempted.outcome === 'parked') await park(envelope, parked.body, attempted, { attempts });
    } catch (error) {
      await store.park({ ...parked, attempts, error: textOf(error as Error), triedAt: now().toISOString() });
      return error as Error;
    }
    await store.unpark(parked);
    return undefined;
  }

  /** @returns what became of one parked message; `applied` and `gone` leave the way free for the next */
  async function releaseOne(
    parked: ParkedMessage,
    redriven: boolean,
  ): Promise<'applied' | 'gone' | 'for person' | 'waits' | Error> {
    if (parked.reason === 'unreadable') return redriven ? ((await readAgain(parked)) ?? 'applied') : 'for person';
    const decision = decide(await store.cursor(parked.aggregateId), parked.version);
    if (decision.action === 'acknowledge') {
      // It came again and was applied since it was parked, whatever it was parked for.
      await store.unpark(parked);
      return 'gone';
    }
    if (decision.action === 'park') {
      if (decision.because === 'gap') return 'waits';
      if (parked.reason !== 'below-baseline') await store.park({ ...parked, reason: 'below-baseline' });
      return 'for person';
    }
    const adopts = decision.action === 'adopt';
    if (adopts && !mayBegin(parked)) return 'waits';
    if (!isDue(parked, redriven)) return 'waits';
    return (await tryAgain(parked, adopts)) ?? 'applied';
  }

  /** Applies the parked messages of an aggregate, from the lowest, as far as it goes. */
  async function release(aggregateId: string, redriven: boolean): Promise<ReleaseReport> {
    const report: ReleaseReport = { aggregateId, applied: 0, waiting: 0, forPerson: 0 };
    try {
      const queue = await store.parkedOf(aggregateId);
      for (const [index, parked] of queue.entries()) {
        const result = await releaseOne(parked, redriven);
        if (result === 'applied') report.applied++;
        const staysUnreadable = result instanceof Error && parked.reason === 'unreadable';
        if (result === 'for person' || staysUnreadable) report.forPerson++;
        if (result instanceof Error) Object.assign(report, { version: parked.version, error: textOf(result) });
        if (result === 'waits' || (result instanceof Error && !staysUnreadable)) {
          const forPerson = needsPerson(parked) ? 1 : 0;
          report.forPerson += forPerson;
          report.waiting += queue.length - index - forPerson;
          break;
        }
      }
    } catch (error) {
      report.error = textOf(error as Error);
    }
    return report;
  }

  return {
    park,

    /** Parks what names no aggregate or version under its queue, as it is. */
    async parkUnreadable({ queueMessageId, body }: Delivery, error: UnreadableMessageError): Promise<void> {
      const at = now().toISOString();
      const key = { aggregateId: queueName, version: 0, messageId: queueMessageId };
      await store.park({
        ...key,
        body,
        reason: 'unreadable',
        attempts: 1,
        error: textOf(error),
        parkedAt: at,
        triedAt: at,
      });
    },

    /**
     * Applies what is parked and whose turn and time have come, each aggregate from its lowest. The next sweep begins
     * elsewhere, so that nothing waits for ever if this one runs out of time.
     * @param mayGoOn false: no further aggregate is begun
     */
    async sweep(mayGoOn: () => boolean, onReport: (report: ReleaseReport) => void): Promise<void> {
      const first = Math.floor(random() * SWEEP_SEGMENTS);
      for (let index = 0; index < SWEEP_SEGMENTS; index++) {
        let last: string | undefined;
        for await (const page of store.parked((first + index) % SWEEP_SEGMENTS, SWEEP_SEGMENTS)) {
          // An aggregate's messages stand together: only the end of a page and the start of the next can share one.
          const queues = [...Map.groupBy(page, ({ aggregateId }) => aggregateId)].filter(([id]) => id !== last);
          last = queues.at(-1)?.[0] ?? last;
          await pMap(
            queues,
            async ([aggregateId, [lowest, ...rest]]) => {
              if (!mayGoOn()) return;
              // After an hour's outage there may be very many of these: they shall not cost a read each.
              const early = lowest?.reason === 'retry' && !isDue(lowest, false);
              onReport(
                early
                  ? { aggregateId, applied: 0, waiting: rest.length + 1, forPerson: 0 }
                  : await release(aggregateId, false),
              );
            },
            { concurrency: AGGREGATES_AT_ONCE },
          );
          if (!mayGoOn()) return;
        }
      }
    },

    /** Applies the parked messages of aggregates in order, also what waits for a person. */
    redrive: (aggregateIds: readonly string[]): Promise<ReleaseReport[]> =>
      pMap(aggregateIds, (id) => release(id, true), { concurrency: AGGREGATES_AT_ONCE }),

    /**
     * Skips a version on purpose, without its effect; message and reason are kept. It may be one that never came, if
     * others are parked that wait for it.
     * @throws {PermanentError} if it is not there to be skipped, or its turn has not come
     */
    async discard(key: ParkedKey, because: string): Promise<void> {
      const queue = await store.parkedOf(key.aggregateId);
      const parked =
        queue.find(
          ({ version, messageId }) => version === key.version && (version > 0 || messageId === key.messageId),
        ) ?? missing(key, queue);
      const discarded = { ...parked, discardedAt: now().toISOString(), discardedBecause: because };
      const { state } = await store.discard(discarded, await moveOver(parked, queue));
      if (state !== 'done') throw new TransientError('its aggregate was changed at the same moment: try again');
    },
  };

  /** What stands for a version that never came. */
  function missing(key: ParkedKey, queue: readonly ParkedMessage[]): ParkedMessage {
    if (key.version === 0 || !queue.some(({ version }) => version > key.version)) {
      throw new PermanentError(`version ${key.version} of ${key.aggregateId} is not parked, and nothing waits for it`);
    }
    return { ...key, body: '', reason: 'gap', attempts: 0, parkedAt: now().toISOString() };
  }

  /** How the cursor moves when a message is skipped; not at all, if its version is behind it. */
  async function moveOver(parked: ParkedMessage, queue: readonly ParkedMessage[]) {
    const { aggregateId, version } = parked;
    if (parked.reason === 'unreadable') return undefined;
    const decision = decide(await store.cursor(aggregateId), version);
    if (decision.action === 'apply') return { after: decision.after, next: { version } };
    if (decision.action === 'acknowledge') return undefined;
    if (decision.action === 'park' && decision.because === 'below-baseline') return undefined;
    if (decision.action === 'adopt' && queue[0] === parked && mayBegin(parked)) {
      return { after: 0, next: { version, baseline: version } };
    }
    throw new PermanentError(
      `version ${version} of ${aggregateId} waits for an earlier one, which may still be on its way`,
    );
  }
}

const textOf = (error: Error) => `${error.name}: ${error.message}`;
