export interface LastKnownOptions<T> {
  read: () => Promise<T>;
  /** The value is read again when this time has passed since the last read, even if that read failed. */
  maxAgeMs: number;
  now: () => Date;
  /** The value before the first successful read. */
  initial: T;
  /** Called for every failed read. */
  onFailure: (error: Error) => void;
}

/** How long a caller waits for a read or a write, unless {@link FIRST_WAIT_MS} applies. */
const WAIT_MS = 250;
/** How long the function that {@link lastKnown} returns waits for a read while no read has succeeded yet. */
const FIRST_WAIT_MS = 2_000;

const after = (ms: number) =>
  new Promise<undefined>((resolve) => {
    AbortSignal.timeout(ms).addEventListener('abort', () => resolve(undefined));
  });

/** Waits a limited time for a read, which must not reject. On timeout, the last known value stays in use. */
export const waitBriefly = (reading: Promise<void>, ms = WAIT_MS): Promise<void> => Promise.race([reading, after(ms)]);

/** Waits a limited time for a write. @throws {Error} on timeout; the later outcome of the write is then ignored */
export async function withTimeout<T>(write: Promise<T>): Promise<T> {
  write.catch(() => {});
  const timeout = after(WAIT_MS).then(() => {
    throw new Error(`no response within ${WAIT_MS} ms`);
  });
  return Promise.race([write, timeout]);
}

/**
 * Returns a function that reads a value, and reads it again after `maxAgeMs`. While the value cannot be read, the
 * function returns the last known value. The function never rejects.
 */
export function lastKnown<T>({
  read,
  maxAgeMs,
  now,
  initial: otherwise,
  onFailure,
}: LastKnownOptions<T>): () => Promise<T> {
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
      await waitBriefly(reading, isKnown ? WAIT_MS : FIRST_WAIT_MS);
    }
    return value;
  };
}
