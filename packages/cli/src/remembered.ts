/** Caches the result of the first successful call. A failure is not cached, so the next call tries again. */
export function remembered<T>(ask: () => Promise<T>): () => Promise<T> {
  let answer: Promise<T> | undefined;
  return () => {
    answer ??= ask().catch((error: Error) => {
      answer = undefined;
      throw error;
    });
    return answer;
  };
}
