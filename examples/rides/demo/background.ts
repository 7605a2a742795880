import { setTimeout as delay } from 'node:timers/promises';

/** Background tasks whose failures must not go unnoticed. */
export function createBackground() {
  const failures: Error[] = [];
  let isOver = false;
  const goOn = (done: Promise<unknown>) => void done.catch((error: Error) => failures.push(error));

  async function repeat(ms: number, run: () => unknown): Promise<void> {
    for (; !isOver; await delay(ms)) await run();
  }

  return {
    goOn,
    every: (ms: number, run: () => unknown) => goOn(repeat(ms, run)),
    stop: () => {
      isOver = true;
    },
    /** Resolves when a condition holds. @throws {AggregateError} as soon as a task has failed */
    async until(holds: () => boolean): Promise<void> {
      await repeat(200, () => {
        if (failures.length > 0) throw new AggregateError(failures, failures[0]?.message);
        if (holds()) isOver = true;
      });
    },
  };
}
