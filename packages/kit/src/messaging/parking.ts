import pMap from 'p-map';
import { TransientError } from './errors.ts';
import { holdsUp, needsPerson } from './parked.ts';
import { createParkingPlace, type ParkingPlaceOptions, textOf } from './parking/place.ts';
import { erases, type How, type Reading, type Released } from './parking/policy.ts';
import { createRelease, type ReleaseOptions } from './parking/release.ts';
import type { ParkedMessage } from './subscriber-store.ts';

/** What a sweep or a redrive did to the parked messages of one aggregate: each is counted once, as what it is now. */
export interface ReleaseReport {
  aggregateId: string;
  /** Also those of which only what follows was left to be sent. */
  applied: number;
  /** Taken away: applied before, or of a subject that has left. */
  obsolete: number;
  /** Left where they are: their predecessor is missing or waits itself, or their time has not come. */
  waiting: number;
  /** Left for a person. */
  forPerson: number;
  /** The version at which it stopped, if one was tried, and why. */
  version?: number;
  error?: string;
}

export type ParkingOptions = ParkingPlaceOptions & Omit<ReleaseOptions, 'place'> & Reading;

export type Parking = ReturnType<typeof createParking>;

/** As many as a batch of a queue has: what a handler calls is limited by that. */
export const AGGREGATES_AT_ONCE = 10;

const OUT_OF_TIME = new TransientError('the function ran out of time: run it again');

/** The place of messages that cannot be applied yet, or not without a person; nothing on the fast path knows of it. */
export function createParking(options: ParkingOptions) {
  const { store, now } = options;
  const place = createParkingPlace(options);
  const one = createRelease({ ...options, place });

  /** @param last the last of its aggregate's messages that erases */
  function releaseOrDrop(parked: ParkedMessage, last: ParkedMessage | undefined, how: How): Promise<Released> {
    if (last === undefined || parked.reason === 'unsent') return one.release(parked, how);
    if (parked.version < last.version) return one.drop(parked, how);
    // Who leaves waits neither for a person who held the message, nor for a capability to be switched on again.
    return one.release(parked, parked === last ? { ...how, released: true, isOff: false } : how);
  }

  /** Applies the parked messages of an aggregate, from the lowest, as far as it goes. */
  async function release(aggregateId: string, how: How, mayGoOn: () => boolean): Promise<ReleaseReport> {
    const report: ReleaseReport = { aggregateId, applied: 0, obsolete: 0, waiting: 0, forPerson: 0 };
    try {
      const queue = await store.parkedOf(aggregateId);
      const last = queue.findLast((parked) => erases(parked, options));
      for (const [index, parked] of queue.entries()) {
        const became = mayGoOn() ? await releaseOrDrop(parked, last, how) : { left: parked, error: OUT_OF_TIME };
        if ('gone' in became) {
          report[became.gone]++;
          continue;
        }
        const { left, error } = became;
        if (error) Object.assign(report, { version: parked.version, error: textOf(error) });
        report[needsPerson(left, now()) ? 'forPerson' : 'waiting']++;
        // What could not be read waits under its own aggregate once it can be.
        if (left.aggregateId !== aggregateId || !holdsUp(left)) continue;
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
     * Applies the parked messages of aggregates in order, also what waits for a person.
     * @param released also what is held
     */
    redrive(aggregateIds: readonly string[], mayGoOn: () => boolean, released = false): Promise<ReleaseReport[]> {
      const how: How = { redriven: true, released, isOff: false };
      return pMap(aggregateIds, (id) => release(id, how, mayGoOn), { concurrency: AGGREGATES_AT_ONCE });
    },
  };
}
