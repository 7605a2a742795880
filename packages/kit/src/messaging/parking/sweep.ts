import pMap from 'p-map';
import { lowestOf, needsPerson } from '../parked.ts';
import { MAX_PARALLEL_AGGREGATES, type Parking, type ReleaseReport } from '../parking.ts';
import type { ParkedMessage, SubscriberStore } from '../subscriber-store.ts';
import { erases, isDue, isSuspect, type Reading, type RetryPolicy } from './policy.ts';

export interface SweepOptions extends Reading {
  store: SubscriberStore;
  queueName: string;
  release: Parking['release'];
  now: () => Date;
  random: () => number;
}

/** The parked messages of one aggregate, the lowest version first. */
type Queue = readonly [aggregateId: string, queue: readonly ParkedMessage[]];

const SWEEP_SEGMENTS = 4;

/**
 * Groups messages by aggregate. The messages of an aggregate may continue on the next page, so the last group of a page
 * is yielded with the next page. Unreadable messages are yielded at once, because they have no aggregate and there may
 * be many.
 */
async function* queuesOf(pages: AsyncIterable<ParkedMessage[]>, queueName: string): AsyncIterable<Queue[]> {
  let unfinished: ParkedMessage[] = [];
  for await (const page of pages) {
    const queues = [...Map.groupBy([...unfinished, ...page], ({ aggregateId }) => aggregateId)];
    const [last] = queues.at(-1) ?? [];
    unfinished = last === queueName ? [] : (queues.pop()?.[1] ?? []);
    yield queues;
  }
  yield [...Map.groupBy(unfinished, ({ aggregateId }) => aggregateId)];
}

/**
 * Creates the sweep, which applies the parked messages that are next in order and due, and sends the messages that
 * follow from `unsent` messages. For each aggregate, the sweep begins with the lowest version.
 */
export function createSweep(options: SweepOptions) {
  const { store, queueName, release, now, random } = options;
  const erasing = (parked: ParkedMessage) => erases(parked, options);

  /**
   * The report for a queue without a message that can be applied or sent now; undefined if the sweep must process the
   * queue. After a long outage, this report saves reading the cursors of many aggregates whose messages are not due.
   */
  function reportIfNothingIsDue([aggregateId, queue]: Queue, policy: RetryPolicy): ReleaseReport | undefined {
    const report = (forPerson: number) => ({
      aggregateId,
      ...{ applied: 0, obsolete: 0, waiting: queue.length - forPerson, forPerson },
    });
    if (aggregateId === queueName) return report(queue.length);
    // An erasing message can be applied even if earlier messages are not due, because earlier messages are dropped.
    if (queue.some(erasing)) return undefined;
    const lowest = lowestOf(queue);
    const toSend = queue.filter(({ reason }) => reason === 'unsent');
    // Messages that follow from applied messages are sent even while the capability is paused or skipped.
    const isDueNow = (parked: ParkedMessage) => isDue(parked, { ...policy, isOff: false }, now());
    if (toSend.some(isDueNow)) return undefined;
    // A held message may have been applied by a redelivery in the meantime. If messages are parked behind it, the sweep
    // must process the queue to find out.
    const isHeldAlone = lowest?.reason === 'held' && queue.length === 1;
    const isWaiting = isHeldAlone || (lowest?.reason === 'retry' && !isDueNow(lowest));
    if (lowest && !isWaiting) return undefined;
    return report([...toSend, ...(lowest ? [lowest] : [])].filter((parked) => needsPerson(parked, now())).length);
  }

  /** Whether the function may crash while it processes a queue. */
  const mayCrash = (queue: Queue[1]) =>
    isSuspect(queue) || queue.some((parked) => parked.unanswered && erasing(parked));

  /**
   * The queues of all segments. Starts with a random segment, so that no segment is always skipped if sweeps run out of
   * time.
   */
  async function* allQueues(): AsyncIterable<Queue[]> {
    const first = Math.floor(random() * SWEEP_SEGMENTS);
    for (let index = 0; index < SWEEP_SEGMENTS; index++)
      yield* queuesOf(store.parked((first + index) % SWEEP_SEGMENTS, SWEEP_SEGMENTS), queueName);
  }

  /**
   * @param mayContinue returns false if the sweep must not start with another message
   * @param isOff whether the capability is paused or skipped: every message is counted, but only messages that erase
   * their aggregates are applied
   * @param adoptsNothing whether no aggregate gets a baseline, because dead letters remain, which may include a lower
   * version
   */
  return async function sweep(
    mayContinue: () => boolean,
    onReport: (report: ReleaseReport) => void,
    isOff: () => Promise<boolean> = async () => false,
    adoptsNothing = false,
  ): Promise<void> {
    const currentPolicy = async (): Promise<RetryPolicy> => ({
      ...{ redriven: false, released: false, adoptsNothing },
      isOff: await isOff(),
    });
    const suspects: string[] = [];

    async function sweepOne(entry: Queue): Promise<void> {
      if (!mayContinue()) return;
      const [aggregateId, queue] = entry;
      const policy = await currentPolicy();
      const report = reportIfNothingIsDue(entry, policy);
      if (report) onReport(report);
      else if (mayCrash(queue)) suspects.push(aggregateId);
      else onReport(await release(aggregateId, policy, mayContinue));
    }

    for await (const queues of allQueues()) {
      await pMap(queues, sweepOne, { concurrency: MAX_PARALLEL_AGGREGATES });
      if (!mayContinue()) return;
    }
    // The function may have crashed while it processed a suspect aggregate, possibly because of another aggregate that
    // it processed at the same time. The suspect aggregates are processed one at a time, so that a crash affects no
    // other aggregate.
    for (const aggregateId of suspects) {
      if (!mayContinue()) return;
      onReport(await release(aggregateId, await currentPolicy(), mayContinue));
    }
  };
}
