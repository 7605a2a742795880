/** The decisions of one run: which step is next, and how it ends. When none are left, everything succeeds. */
export class Choices {
  readonly #values: readonly number[];
  /** The decisions so far, each below its limit: a run with these repeats this one. */
  readonly taken: number[] = [];

  constructor(values: readonly number[]) {
    this.#values = values;
  }

  get exhausted(): boolean {
    return this.taken.length >= this.#values.length;
  }

  /** Returns a number below `limit`; 0 is always the most harmless. */
  below(limit: number): number {
    const choice = (this.#values[this.taken.length] ?? 0) % limit;
    this.taken.push(choice);
    return choice;
  }
}
