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

type Queue = readonly [aggregateId: string, queue: readonly ParkedMessage[]];

const SWEEP_SEGMENTS = 4;

/**
 * Groups whole aggregates: an aggregate's messages may continue on the next page. Unreadable messages are not an
 * aggregate, and may be many.
 */
async function* queuesOf(pages: AsyncIterable<ParkedMessage[]>, queueName: string): AsyncIterable<Queue[]> {
  let rest: ParkedMessage[] = [];
  for await (const page of pages) {
    const queues = [...Map.groupBy([...rest, ...page], ({ aggregateId }) => aggregateId)];
    const [last] = queues.at(-1) ?? [];
    rest = last === queueName ? [] : (queues.pop()?.[1] ?? []);
    yield queues;
  }
  yield [...Map.groupBy(rest, ({ aggregateId }) => aggregateId)];
}

/** Applies the parked messages that are next in order and due, each aggregate from its lowest version. */
export function createSweep(options: SweepOptions) {
  const { store, queueName, release, now, random } = options;
  const erasing = (parked: ParkedMessage) => erases(parked, options);

  /**
   * Queues that the sweep need not read one by one: unreadable messages and, after a long outage, messages that are not
   * due.
   */
  function reportIfNothingIsDue([aggregateId, queue]: Queue, policy: RetryPolicy): ReleaseReport | undefined {
    const report = (forPerson: number) => ({
      aggregateId,
      ...{ applied: 0, obsolete: 0, waiting: queue.length - forPerson, forPerson },
    });
    if (aggregateId === queueName) return report(queue.length);
    // An erasure does not wait for messages that can be dropped.
    if (queue.some(erasing)) return undefined;
    const lowest = lowestOf(queue);
    const toSend = queue.filter(({ reason }) => reason === 'unsent');
    // Even while the capability is off, applied messages must be completed.
    const isDueNow = (parked: ParkedMessage) => isDue(parked, { ...policy, isOff: false }, now());
    if (toSend.some(isDueNow)) return undefined;
    // A held message may have been redelivered and applied since; then others no longer wait for it.
    const isHeldAlone = lowest?.reason === 'held' && queue.length === 1;
    const isWaiting = isHeldAlone || (lowest?.reason === 'retry' && !isDueNow(lowest));
    if (lowest && !isWaiting) return undefined;
    return report([...toSend, ...(lowest ? [lowest] : [])].filter((parked) => needsPerson(parked, now())).length);
  }

  /** Whether the function may crash while it tries these. */
  const mayCrash = (queue: Queue[1]) =>
    isSuspect(queue) || queue.some((parked) => parked.unanswered && erasing(parked));

  /** The next sweep starts at another segment, so that nothing starves if sweeps run out of time. */
  async function* allQueues(): AsyncIterable<Queue[]> {
    const first = Math.floor(random() * SWEEP_SEGMENTS);
    for (let index = 0; index < SWEEP_SEGMENTS; index++)
      yield* queuesOf(store.parked((first + index) % SWEEP_SEGMENTS, SWEEP_SEGMENTS), queueName);
  }

  /**
   * @param mayContinue returns false to start nothing further
   * @param isOff whether the capability is switched off: nothing is applied, but everything is counted
   * @param adoptsNothing whether dead letters are left, among which a lower version may be
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

    async function sweepOne(one: Queue): Promise<void> {
      if (!mayContinue()) return;
      const [aggregateId, queue] = one;
      const policy = await currentPolicy();
      const report = reportIfNothingIsDue(one, policy);
      if (report) onReport(report);
      else if (mayCrash(queue)) suspects.push(aggregateId);
      else onReport(await release(aggregateId, policy, mayContinue));
    }

    for await (const queues of allQueues()) {
      await pMap(queues, sweepOne, { concurrency: MAX_PARALLEL_AGGREGATES });
      if (!mayContinue()) return;
    }
    // The function crashed during one of these, or beside one: processed alone, it affects no others.
    for (const aggregateId of suspects) {
      if (!mayContinue()) return;
      onReport(await release(aggregateId, await currentPolicy(), mayContinue));
    }
  };
}
