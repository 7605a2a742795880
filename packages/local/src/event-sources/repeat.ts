import { setTimeout as delay } from 'node:timers/promises';

const AFTER_ERROR_MS = 1_000;

/** Does something again and again until it is told to stop. An error is reported, and what failed is tried again. */
export async function repeat(step: () => Promise<void>, what: string, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    try {
      await step();
    } catch (error) {
      if (signal.aborted) return;
      console.error(`${what}: ${(error as Error).message}`);
      await delay(AFTER_ERROR_MS, undefined, { signal }).catch(() => {});
    }
  }
}
