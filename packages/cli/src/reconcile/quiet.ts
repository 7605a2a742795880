import { setTimeout as delay } from 'node:timers/promises';
import type { Stage } from '../stage/stage.ts';
import type { Numbered } from './numbered.ts';

/** SQS counts approximately: a queue must seem empty so often in a row. */
const EMPTY_LOOKS = 2;
const LOOK_EVERY_MS = 500;
/** With traffic, a queue is never empty. */
const PATIENCE_MS = 20_000;

/** Messages that a consumer has not taken yet, its dead letters included. */
export interface OnTheirWay {
  queue: string;
  messages: number;
}

/** Waits until nothing is on its way to the consumers, or for 20 seconds. @returns what is on its way still */
export async function untilQuiet(stage: Stage, all: readonly Numbered[]): Promise<OnTheirWay[]> {
  const names = new Set(all.flatMap(({ holders }) => holders.map(({ name }) => stage.table(name))));
  const isTheirs = (queue: string) => names.has(queue.replace(/(-dlq|-undelivered)?(\.fifo)?$/, ''));
  const deadline = Date.now() + PATIENCE_MS;
  for (let empty = 0; ; await delay(LOOK_EVERY_MS)) {
    const queues = (await stage.queues()).filter(({ queue }) => isTheirs(queue));
    const filled = queues
      .map(({ queue, visible, inFlight }) => ({ queue, messages: visible + inFlight }))
      .filter(({ messages }) => messages > 0);
    empty = filled.length === 0 ? empty + 1 : 0;
    if (empty === EMPTY_LOOKS || Date.now() > deadline) return filled;
  }
}
