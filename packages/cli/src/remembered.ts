/** Asks once, and caches the answer; a failure is not cached, so that the next call asks again. */
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
