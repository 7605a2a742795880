/** Writes can bypass the endpoint: TTL deletions, or clients that call the emulator directly. */
const MAX_SLEEP_MS = 5_000;

/** Lets waiters sleep until their table is written to. */
export class Doorbell {
  readonly #waiting = new Map<() => void, string>();

  /** @param request a request that may have written to the tables that it names */
  ring(request: Buffer): void {
    for (const [wake, tableName] of this.#waiting) if (request.includes(`"${tableName}"`)) wake();
  }

  /** Counts from the call on: a ring before the promise is awaited is not missed. */
  next = (tableName: string, signal: AbortSignal): Promise<void> => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, MAX_SLEEP_MS);
    const wake = () => {
      clearTimeout(timer);
      this.#waiting.delete(wake);
      signal.removeEventListener('abort', wake);
      resolve();
    };
    this.#waiting.set(wake, tableName);
    signal.addEventListener('abort', wake);
    return promise.finally(wake);
  };
}
