import pMap from 'p-map';
import { TransientError } from './errors.ts';
import { blocksLater, needsPerson } from './parked.ts';
import { createParkingPlace, type ParkingPlaceOptions, textOf } from './parking/place.ts';
import { erases, type Reading, type ReleaseOutcome, type RetryPolicy } from './parking/policy.ts';
import { createRelease, type ReleaseOptions } from './parking/release.ts';
import type { ParkedMessage } from './subscriber-store.ts';

/**
 * What a sweep or a redrive did to the parked messages of one aggregate; each message is counted once, by its new
 * state.
 */
export interface ReleaseReport {
  aggregateId: string;
  /** Includes applied messages whose consequences were sent. */
  applied: number;
  /** Removed: applied before, or the subject was erased. */
  obsolete: number;
  /** Left parked: the predecessor is missing or parked, or the retry time has not come. */
  waiting: number;
  /** Left for a person. */
  forPerson: number;
  /** The version at which it stopped after a try, and why. */
  version?: number;
  error?: string;
}

export type ParkingOptions = ParkingPlaceOptions & Omit<ReleaseOptions, 'place'> & Reading;

export type Parking = ReturnType<typeof createParking>;

/** The same parallelism as a batch of a queue, for which the limits on handlers' calls are set. */
export const MAX_PARALLEL_AGGREGATES = 10;

const OUT_OF_TIME = new TransientError('the function ran out of time: run it again');

/** Messages that cannot be applied yet, or not without a person. The fast path does not use this. */
export function createParking(options: ParkingOptions) {
  const { store, now } = options;
  const place = createParkingPlace(options);
  const one = createRelease({ ...options, place });

  /** @param last the last erasing message of the aggregate */
  function releaseOrDrop(
    parked: ParkedMessage,
    last: ParkedMessage | undefined,
    policy: RetryPolicy,
  ): Promise<ReleaseOutcome> {
    if (last === undefined || parked.reason === 'unsent') return one.release(parked, policy);
    if (parked.version < last.version) return one.drop(parked, policy);
    // An erasure waits neither for a person who held the message, nor for a paused capability.
    return one.release(parked, parked === last ? { ...policy, released: true, isOff: false } : policy);
  }

  /** Applies the parked messages of an aggregate in ascending order until one cannot be applied. */
  async function release(aggregateId: string, policy: RetryPolicy, mayContinue: () => boolean): Promise<ReleaseReport> {
    const report: ReleaseReport = { aggregateId, applied: 0, obsolete: 0, waiting: 0, forPerson: 0 };
    try {
      const queue = await store.parkedOf(aggregateId);
      const last = queue.findLast((parked) => erases(parked, options));
      for (const [index, parked] of queue.entries()) {
        const outcome = mayContinue()
          ? await releaseOrDrop(parked, last, policy)
          : { left: parked, error: OUT_OF_TIME };
        if ('removedAs' in outcome) {
          report[outcome.removedAs]++;
          continue;
        }
        const { left, error } = outcome;
        if (error) Object.assign(report, { version: parked.version, error: textOf(error) });
        report[needsPerson(left, now()) ? 'forPerson' : 'waiting']++;
        // A formerly unreadable message continues under its own aggregate.
        if (left.aggregateId !== aggregateId || !blocksLater(left)) continue;
        report.waiting += queue.length - index - 1;
        break;
      }
    } catch (error) {
      report.error = textOf(error as Error);
    }
    return report;
  }

  return {
    park: place.park,
    parkUnreadable: place.parkUnreadable,
    release,

    /**
     * Applies the parked messages of aggregates in order, including those that wait for a person.
     * @param released also applies held messages
     */
    redrive(aggregateIds: readonly string[], mayContinue: () => boolean, released = false): Promise<ReleaseReport[]> {
      const policy: RetryPolicy = { redriven: true, released, isOff: false };
      return pMap(aggregateIds, (id) => release(id, policy, mayContinue), { concurrency: MAX_PARALLEL_AGGREGATES });
    },
  };
}
