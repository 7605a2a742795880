/**
 * Waiters wake up after this time even without a notification, because deletions by TTL and writes of some clients
 * bypass the endpoint.
 */
const MAX_SLEEP_MS = 5_000;

/**
 * Wakes up waiters, such as readers of a table's stream, when the table that they wait for is written to.
 */
export class WriteNotifications {
  readonly #waiting = new Map<() => void, string>();

  /** @param request a request that may have written to the tables that it names */
  notify(request: Buffer): void {
    for (const [wake, tableName] of this.#waiting) if (request.includes(`"${tableName}"`)) wake();
  }

  /**
   * Resolves at the first notification for a table after this call, even if the promise is awaited only later. Also
   * resolves after {@link MAX_SLEEP_MS}, or when the signal is aborted.
   */
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
