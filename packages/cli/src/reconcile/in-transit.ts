import { setTimeout as delay } from 'node:timers/promises';
import type { StageClient } from '../stage/stage.ts';
import type { VersionedChannel } from './versioned-channels.ts';

/** The queues must be empty in this many consecutive polls, because SQS returns approximate counts. */
const EMPTY_POLLS = 2;
const POLL_INTERVAL_MS = 500;
/** Limits the wait, because with steady traffic a queue is never empty. */
const MAX_WAIT_MS = 20_000;

/** The number of messages in one of a consumer's queues, such as its dead-letter queue. */
export interface InTransit {
  queue: string;
  messages: number;
}

/**
 * Waits until no message is in transit to the consumers, for at most 20 seconds.
 * @returns the queues that still contain messages
 */
export async function waitUntilDelivered(stage: StageClient, all: readonly VersionedChannel[]): Promise<InTransit[]> {
  const names = new Set(all.flatMap(({ consumers }) => consumers.map(({ name }) => stage.table(name))));
  const isConsumerQueue = (queue: string) => names.has(queue.replace(/(-dlq|-undelivered)?(\.fifo)?$/, ''));
  const deadline = Date.now() + MAX_WAIT_MS;
  for (let empty = 0; ; await delay(POLL_INTERVAL_MS)) {
    const queues = (await stage.queues()).filter(({ queue }) => isConsumerQueue(queue));
    const filled = queues
      .map(({ queue, visible, inFlight }) => ({ queue, messages: visible + inFlight }))
      .filter(({ messages }) => messages > 0);
    empty = filled.length === 0 ? empty + 1 : 0;
    if (empty === EMPTY_POLLS || Date.now() > deadline) return filled;
  }
}
