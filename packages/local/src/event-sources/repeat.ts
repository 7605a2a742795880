import { setTimeout as delay } from 'node:timers/promises';

const AFTER_ERROR_MS = 1_000;

/** Repeats a step until the signal is aborted. After an error, logs it and continues. */
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
