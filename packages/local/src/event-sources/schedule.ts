import type { Mapping } from './mapping.ts';
import type { Due } from './schedule-expression.ts';

/** The longest delay of a Node.js timer. */
const MAX_WAIT_MS = 2 ** 31 - 1;

/**
 * Invokes `run` whenever a schedule is due. If the schedule was due several times while the machine slept, `run` is
 * invoked once.
 * @param run must not reject
 */
export function createSchedule(due: Due, run: (at: Date) => Promise<void>): Mapping {
  let timer: NodeJS.Timeout | undefined;

  function waitFor(at: Date | undefined): void {
    if (!at) return;
    const remaining = at.getTime() - Date.now();
    timer = setTimeout(
      () => (remaining > MAX_WAIT_MS ? waitFor(at) : fire(at)),
      Math.min(Math.max(remaining, 0), MAX_WAIT_MS),
    );
  }

  function fire(at: Date): void {
    void run(at);
    waitFor(due(new Date(Math.max(at.getTime(), Date.now()))));
  }

  return {
    start: () => waitFor(due(new Date())),
    tick: () => run(new Date()),
    async stop() {
      clearTimeout(timer);
    },
  };
}
