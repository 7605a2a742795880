import yoctoSpinner from 'yocto-spinner';

/** The time since `startedAt`, such as `1.2 s`. */
export const secondsSince = (startedAt: number) => `${((performance.now() - startedAt) / 1000).toFixed(1)} s`;

/**
 * Reports progress on standard error: with a spinner on a terminal, otherwise line by line.
 * @param first the first step
 */
export function createProgress(first: string, stream: NodeJS.WriteStream = process.stderr) {
  let text = '';
  let startedAt = 0;
  const spinner = yoctoSpinner({ stream });
  function begin(next: string): void {
    [text, startedAt] = [next, performance.now()];
    spinner.start(next);
  }
  const succeed = () => spinner.success(`${text} (${secondsSince(startedAt)})`);
  begin(first);

  return {
    /** Ends a step, and begins the next. */
    next(step: string): void {
      succeed();
      begin(step);
    },
    /** Ends the last step when the work ends. */
    async until<T>(work: Promise<T>): Promise<T> {
      try {
        const result = await work;
        succeed();
        return result;
      } catch (error) {
        spinner.error(text);
        throw error;
      }
    },
  };
}
