export interface LastKnownOptions<T> {
  read: () => Promise<T>;
  /** So old, a value is read again. */
  maxAgeMs: number;
  now: () => Date;
  /** Until it could be read for the first time. */
  otherwise: T;
  /** Told of every read that fails. */
  onFailure: (error: Error) => void;
}

/** A value that is read now and then; while it cannot be read, the last known one holds. Never rejects. */
export function lastKnown<T>({ read, maxAgeMs, now, otherwise, onFailure }: LastKnownOptions<T>): () => Promise<T> {
  let value = otherwise;
  let readAt = Number.NEGATIVE_INFINITY;
  let reading: Promise<void> | undefined;

  async function refresh(): Promise<void> {
    try {
      value = await read();
    } catch (error) {
      onFailure(error as Error);
    }
    readAt = now().getTime();
    reading = undefined;
  }

  return async () => {
    if (now().getTime() - readAt >= maxAgeMs) {
      reading ??= refresh();
      await reading;
    }
    return value;
  };
}
