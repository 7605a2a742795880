import pMap from 'p-map';
import { TransientError } from './errors.ts';
import { blocksLater, needsPerson } from './parked.ts';
import { createParkingWriter, type ParkingWriterOptions, textOf } from './parking/parking-writer.ts';
import { erases, type Reading, type ReleaseOutcome, type RetryPolicy } from './parking/policy.ts';
import { createRelease, type ReleaseOptions } from './parking/release.ts';
import type { ParkedMessage } from './subscriber-store.ts';

/**
 * The result of a sweep or a redrive for the parked messages of one aggregate. Each message is counted once, by its new
 * state.
 */
export interface ReleaseReport {
  aggregateId: string;
  /** Includes `unsent` messages: they were applied earlier, and the messages that follow from them are sent now. */
  applied: number;
  /**
   * Removed without being applied now: they were applied before, the subject was erased, or they are renditions of an
   * event that the subscriber reads in another rendition.
   */
  obsolete: number;
  /**
   * Still parked, and not counted in `forPerson`: the predecessor is missing or parked, the retry time is not reached,
   * the attempt failed temporarily, the message is held, the capability is paused or skipped, or time ran out.
   */
  waiting: number;
  /** Still parked, and in need of an operator (`needsPerson`). */
  forPerson: number;
  /**
   * The last version whose attempt failed, and the error. If only `error` is set, the table could not be read or
   * written, and the messages that were not processed are not counted.
   */
  version?: number;
  error?: string;
}

export type ParkingOptions = ParkingWriterOptions & Omit<ReleaseOptions, 'writer'> & Reading;

export type Parking = ReturnType<typeof createParking>;

/**
 * The maximum number of aggregates whose messages are released in parallel. It equals the default batch size of a
 * queue, so that released messages lead to no more parallel calls of handlers than a batch does.
 */
export const MAX_PARALLEL_AGGREGATES = 10;

const OUT_OF_TIME = new TransientError('the function ran out of time: run it again');

/** Creates the functions that park, and later release, messages that cannot be applied yet or need an operator. */
export function createParking(options: ParkingOptions) {
  const { store, now } = options;
  const writer = createParkingWriter(options);
  const single = createRelease({ ...options, writer });

  /** @param last the aggregate's last parked message that erases the aggregate; undefined if there is none */
  function releaseOrDrop(
    parked: ParkedMessage,
    last: ParkedMessage | undefined,
    policy: RetryPolicy,
  ): Promise<ReleaseOutcome> {
    if (last === undefined || parked.reason === 'unsent') return single.release(parked, policy);
    if (parked.version < last.version) return single.drop(parked, policy);
    // The last erasing message is applied even if it is held, or if the capability is paused or skipped.
    return single.release(parked, parked === last ? { ...policy, released: true, isOff: false } : policy);
  }

  /**
   * Applies, completes or drops the parked messages of an aggregate in the order of their versions. Stops at the first
   * message that stays parked and for which later messages wait.
   */
  async function release(aggregateId: string, policy: RetryPolicy, mayContinue: () => boolean): Promise<ReleaseReport> {
    const report: ReleaseReport = { aggregateId, applied: 0, obsolete: 0, waiting: 0, forPerson: 0 };
    try {
      const queue = await store.parkedOf(aggregateId);
      const last = queue.findLast((parked) => erases(parked, options));
      for (const [index, parked] of queue.entries()) {
        const outcome = mayContinue() ? await releaseOrDrop(parked, last, policy) : { parked, error: OUT_OF_TIME };
        if ('removedAs' in outcome) {
          report[outcome.removedAs]++;
          continue;
        }
        const { parked: updated, error } = outcome;
        if (error) Object.assign(report, { version: parked.version, error: textOf(error) });
        report[needsPerson(updated, now()) ? 'forPerson' : 'waiting']++;
        // A message that was unreadable may now be parked under its own aggregate. It then blocks no other message
        // of this list.
        if (updated.aggregateId !== aggregateId || !blocksLater(updated)) continue;
        report.waiting += queue.length - index - 1;
        break;
      }
    } catch (error) {
      report.error = textOf(error as Error);
    }
    return report;
  }

  return {
    park: writer.park,
    parkUnreadable: writer.parkUnreadable,
    release,

    /**
     * Applies the parked messages of aggregates in order, including messages that failed permanently, and messages
     * whose retry time is not reached.
     * @param released whether to apply held messages, too
     */
    redrive(aggregateIds: readonly string[], mayContinue: () => boolean, released = false): Promise<ReleaseReport[]> {
      const policy: RetryPolicy = { redriven: true, released, isOff: false };
      return pMap(aggregateIds, (id) => release(id, policy, mayContinue), { concurrency: MAX_PARALLEL_AGGREGATES });
    },
  };
}
