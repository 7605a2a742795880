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

/** So long a caller waits for news, if something is known already. */
const PATIENCE_MS = 250;
/** And if nothing is. */
const FIRST_PATIENCE_MS = 2_000;

const after = (ms: number) =>
  new Promise<undefined>((resolve) => {
    AbortSignal.timeout(ms).addEventListener('abort', () => resolve(undefined));
  });

/** Waits for a read that never rejects, but not for long: what is known holds on. */
export const patiently = (reading: Promise<void>, ms = PATIENCE_MS): Promise<void> =>
  Promise.race([reading, after(ms)]);

/** @throws {Error} if it takes too long; what comes of it then, nobody hears */
export async function withPatience<T>(writing: Promise<T>): Promise<T> {
  writing.catch(() => {});
  const late = after(PATIENCE_MS).then(() => {
    throw new Error(`no answer within ${PATIENCE_MS} ms`);
  });
  return Promise.race([writing, late]);
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
      await patiently(reading, isKnown ? PATIENCE_MS : FIRST_PATIENCE_MS);
    }
    return value;
  };
}
