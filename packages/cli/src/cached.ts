/** Caches the result of the first successful call. A failure is not cached, so the next call tries again. */
export function cached<T>(load: () => Promise<T>): () => Promise<T> {
  let result: Promise<T> | undefined;
  return () => {
    result ??= load().catch((error: Error) => {
      result = undefined;
      throw error;
    });
    return result;
  };
}
