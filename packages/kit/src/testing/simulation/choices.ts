/** The decisions of one run: which step is next, and how it ends. Without any left, everything goes well. */
export class Choices {
  readonly #values: readonly number[];
  /** What was decided so far, each below its limit: a run with these does the same. */
  readonly taken: number[] = [];

  constructor(values: readonly number[]) {
    this.#values = values;
  }

  get exhausted(): boolean {
    return this.taken.length >= this.#values.length;
  }

  /** A number below `limit`; 0 is always the most harmless. */
  below(limit: number): number {
    const choice = (this.#values[this.taken.length] ?? 0) % limit;
    this.taken.push(choice);
    return choice;
  }
}
