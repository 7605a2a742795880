/** Asks once, and remembers the answer; a failure is forgotten, so that the next one asks again. */
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
