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

/** So long a caller waits for news, if something is known already; and if nothing is. */
const PATIENCE_MS = 250;
const FIRST_PATIENCE_MS = 2_000;

/** Waits for a read that never rejects, but not for long: what is known holds on. */
export async function patiently(reading: Promise<void>, isFirst: boolean): Promise<void> {
  const patience = AbortSignal.timeout(isFirst ? FIRST_PATIENCE_MS : PATIENCE_MS);
  const over = new Promise<void>((resolve) => patience.addEventListener('abort', () => resolve()));
  await Promise.race([reading, over]);
}

/** A value that is read now and then; while it cannot be read, the last known one holds. Never rejects. */
export function lastKnown<T>({ read, maxAgeMs, now, otherwise, onFailure }: LastKnownOptions<T>): () => Promise<T> {
  let value = otherwise;
  let readAt = Number.NEGATIVE_INFINITY;
  let reading: Promise<void> | undefined;
  let isKnown = false;

  async function refresh(): Promise<void> {
    try {
      value = await read();
      isKnown = true;
    } catch (error) {
      onFailure(error as Error);
    }
    readAt = now().getTime();
    reading = undefined;
  }

  return async () => {
    if (now().getTime() - readAt >= maxAgeMs) {
      reading ??= refresh();
      await patiently(reading, !isKnown);
    }
    return value;
  };
}
