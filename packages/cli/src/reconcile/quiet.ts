import { setTimeout as delay } from 'node:timers/promises';
import type { StageClient } from '../stage/stage.ts';
import type { Numbered } from './numbered.ts';

/** SQS counts are approximate: a queue must appear empty this often in a row. */
const EMPTY_LOOKS = 2;
const LOOK_EVERY_MS = 500;
/** With steady traffic, a queue is never empty. */
const PATIENCE_MS = 20_000;

/** Messages that a consumer has not processed yet, including dead letters. */
export interface OnTheirWay {
  queue: string;
  messages: number;
}

/** Waits until no message is in transit to the consumers, for at most 20 seconds. @returns those still in transit */
export async function untilQuiet(stage: StageClient, all: readonly Numbered[]): Promise<OnTheirWay[]> {
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
