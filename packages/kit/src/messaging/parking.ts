import pMap from 'p-map';
import type { MessageContract } from '../contracts/contract.ts';
import type { Delivery } from './consumer.ts';
import { TransientError, UnreadableMessageError } from './errors.ts';
import { isErasing, readMessage } from './message.ts';
import { holdsUp, lowestOf, needsPerson } from './parked.ts';
import { createRelease, type How, type Released, type ReleaseOptions, textOf } from './release.ts';
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

export interface ParkingOptions extends ReleaseOptions {
  /** Of the subscriber's own queue: what names no aggregate is parked under it. */
  queueName: string;
  contracts: readonly MessageContract[];
}

const SWEEP_SEGMENTS = 4;
/** As many as a batch of a queue has: what a handler calls is limited by that. */
const AGGREGATES_AT_ONCE = 10;

const OUT_OF_TIME = new TransientError('the function ran out of time: run it again');

/** The place of messages that cannot be applied yet, or not without a person; nothing on the fast path knows of it. */
export function createParking(options: ParkingOptions) {
  const { store, queueName, contracts, readParked, now, random } = options;
  const one = createRelease(options);

  /** Whether the others make way for it. One that cannot be applied itself makes way for nothing. */
  function erases(parked: ParkedMessage): boolean {
    const { type = '', reason } = parked;
    if (!isErasing({ type }, contracts) || ['unreadable', 'failed', 'unsent'].includes(reason)) return false;
    try {
      readMessage(readParked(parked), contracts);
      return true;
    } catch (error) {
      if (error instanceof UnreadableMessageError) return false;
      throw error;
    }
  }

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
      const last = queue.findLast(erases);
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

  /** Whole queues: of the last aggregate of a page, more may stand on the next. What nobody could read is none, and many. */
  async function* queuesOf(pages: AsyncIterable<ParkedMessage[]>) {
    let rest: ParkedMessage[] = [];
    for await (const page of pages) {
      const queues = [...Map.groupBy([...rest, ...page], ({ aggregateId }) => aggregateId)];
      const [last] = queues.at(-1) ?? [];
      rest = last === queueName ? [] : (queues.pop()?.[1] ?? []);
      yield queues;
    }
    yield [...Map.groupBy(rest, ({ aggregateId }) => aggregateId)];
  }

  /** What the sweep need not read one by one: what nobody could read, and, after a long outage, what is not due yet. */
  function standing(aggregateId: string, queue: readonly ParkedMessage[], how: How): ReleaseReport | undefined {
    const report = (forPerson: number) => ({
      aggregateId,
      ...{ applied: 0, obsolete: 0, waiting: queue.length - forPerson, forPerson },
    });
    if (aggregateId === queueName) return report(queue.length);
    // Who leaves waits for nothing that can be dropped.
    if (queue.some(erases)) return undefined;
    const lowest = lowestOf(queue);
    const toSend = queue.filter(({ reason }) => reason === 'unsent');
    if (toSend.some((parked) => one.isDue(parked, { ...how, isOff: false }))) return undefined;
    // One that is held may have come again and been applied since: then others wait for nothing.
    const isHeldAlone = lowest?.reason === 'held' && queue.length === 1;
    // Also while nothing is applied, one that was applied already must be settled.
    const stands = isHeldAlone || (lowest?.reason === 'retry' && !one.isDue(lowest, { ...how, isOff: false }));
    if (lowest && !stands) return undefined;
    return report([...toSend, ...(lowest ? [lowest] : [])].filter((parked) => needsPerson(parked, now())).length);
  }

  return {
    park: one.park,

    /** Parks what names no aggregate or version under its queue, as it is. */
    async parkUnreadable(delivery: Delivery, error: UnreadableMessageError): Promise<void> {
      const at = now().toISOString();
      const { queueMessageId, body, senderId } = delivery;
      const key = { aggregateId: queueName, version: 0, messageId: queueMessageId };
      const about = { reason: 'unreadable' as const, attempts: 1, error: textOf(error), parkedAt: at, triedAt: at };
      await store.park({ ...key, body, ...(senderId !== undefined && { senderId }), ...about });
    },

    /**
     * Applies what is parked and whose turn and time have come, each aggregate from its lowest. The next sweep begins
     * elsewhere, so that nothing waits for ever if this one runs out of time.
     * @param mayGoOn false: nothing further is begun
     * @param isOff whether the capability is switched off now: nothing is applied, but all is counted
     * @param adoptsNothing whether dead letters are left, among which a lower version may be
     */
    async sweep(
      mayGoOn: () => boolean,
      onReport: (report: ReleaseReport) => void,
      isOff: () => Promise<boolean> = async () => false,
      adoptsNothing = false,
    ): Promise<void> {
      const howNow = async (): Promise<How> => ({
        ...{ redriven: false, released: false, adoptsNothing },
        isOff: await isOff(),
      });
      const first = Math.floor(random() * SWEEP_SEGMENTS);
      const suspects: string[] = [];
      for (let index = 0; index < SWEEP_SEGMENTS; index++) {
        for await (const queues of queuesOf(store.parked((first + index) % SWEEP_SEGMENTS, SWEEP_SEGMENTS))) {
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
      const how: How = { redriven: true, released, isOff: false };
      return pMap(aggregateIds, (id) => release(id, how, mayGoOn), { concurrency: AGGREGATES_AT_ONCE });
    },

    mayBegin: one.mayBegin,
  };
}

function isSuspect(queue: readonly ParkedMessage[]): boolean {
  const lowest = lowestOf(queue);
  return lowest?.reason === 'retry' && Boolean(lowest.unanswered);
}
