/**
 * The decisions of one run: either about the next steps and their outcomes, or about the published messages. When no
 * given decisions are left, every further decision is 0.
 */
export class Choices {
  readonly #values: readonly number[];
  /** The decisions so far, each below its limit. A run with these decisions repeats this run. */
  readonly decisions: number[] = [];

  constructor(values: readonly number[]) {
    this.#values = values;
  }

  get exhausted(): boolean {
    return this.decisions.length >= this.#values.length;
  }

  /** Returns a number below `limit`. 0 is always the least disruptive possibility. */
  below(limit: number): number {
    const choice = (this.#values[this.decisions.length] ?? 0) % limit;
    this.decisions.push(choice);
    return choice;
  }
}
