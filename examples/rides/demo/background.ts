import { setTimeout as delay } from 'node:timers/promises';

/** Runs background tasks and reports their failures. */
export function createBackground() {
  const failures: Error[] = [];
  let isStopped = false;
  const watch = (done: Promise<unknown>) => void done.catch((error: Error) => failures.push(error));

  async function repeat(ms: number, run: () => unknown): Promise<void> {
    for (; !isStopped; await delay(ms)) await run();
  }

  return {
    watch,
    every: (ms: number, run: () => unknown) => watch(repeat(ms, run)),
    stop: () => {
      isStopped = true;
    },
    /**
     * Waits until `condition` holds, then stops the repeated tasks.
     * @throws {AggregateError} as soon as a task has failed
     */
    async until(condition: () => boolean): Promise<void> {
      await repeat(200, () => {
        if (failures.length > 0) throw new AggregateError(failures, failures[0]?.message);
        if (condition()) isStopped = true;
      });
    },
  };
}
