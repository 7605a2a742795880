/** Maximum number of runs for shrinking. Most failing schedules are small after 300 runs of about 5 ms each. */
const MAX_RUNS = 2_000;
/**
 * If the published messages become simpler, the original step decisions have a different effect. Therefore, this number
 * of random lists of step decisions is tried, too.
 */
const OTHER_STEPS = 15;

/**
 * The decisions that determine a schedule. The decisions of `Model.publish` are separate, so that the published
 * messages can shrink while the other decisions stay the same.
 */
export interface Decisions {
  publish: readonly number[];
  steps: readonly number[];
}

/** The decisions of a failing schedule, and the violation. */
export interface Failing {
  decisions: Decisions;
  violation: string;
}

/**
 * Makes the decisions of a failing schedule fewer and smaller as long as the schedule fails. The decision 0 is always
 * the least disruptive.
 * @param run runs a schedule; returns undefined if there is no violation
 * @param otherSteps returns random step decisions
 */
export async function shrink(
  failing: Failing,
  run: (decisions: Decisions) => Promise<Failing | undefined>,
  otherSteps: (index: number) => readonly number[],
): Promise<Failing & { runs: number }> {
  let best = failing;
  let runs = 0;
  let rounds = 0;

  async function improves(decisions: Decisions): Promise<boolean> {
    if (runs >= MAX_RUNS) return false;
    runs++;
    const found = await run(decisions);
    if (!found || !isSimpler(found.decisions, best.decisions)) return false;
    best = found;
    return true;
  }

  /**
   * Runs a schedule with these values for one part of the decisions. The schedule becomes the best schedule if it fails
   * and is simpler than the best schedule so far.
   * @returns whether it became the best schedule
   */
  async function accepts(part: keyof Decisions, values: readonly number[]): Promise<boolean> {
    const { publish, steps } = best.decisions;
    if (part === 'steps') return improves({ publish, steps: values });
    if (sum(values) >= sum(publish)) return false;
    const others = Array.from({ length: rounds > 1 ? 0 : OTHER_STEPS }, (_, index) => otherSteps(index));
    for (const candidate of [steps, ...others]) if (await improves({ publish: values, steps: candidate })) return true;
    return false;
  }

  /** Removes, or zeroes, `size` adjacent decisions at a time, starting with the last decisions. */
  async function simplify(part: keyof Decisions, size: number): Promise<void> {
    for (let end = best.decisions[part].length; end > 0 && runs < MAX_RUNS; end -= size) {
      const start = Math.max(0, end - size);
      const [before, middle, after] = cut(best.decisions[part], start, end);
      if (await accepts(part, [...before, ...after])) continue;
      if (middle.some((value) => value > 0)) await accepts(part, [...before, ...middle.map(() => 0), ...after]);
    }
  }

  /** Halves or decrements one decision. */
  async function lower(part: keyof Decisions, index: number): Promise<void> {
    const value = best.decisions[part][index] ?? 0;
    if (value === 0) return;
    for (const lower of new Set([value >> 1, value - 1])) {
      if (await accepts(part, best.decisions[part].with(index, lower))) return;
    }
  }

  for (let before: Failing | undefined; before !== best && runs < MAX_RUNS; ) {
    before = best;
    rounds++;
    for (const part of ['publish', 'steps'] as const) {
      for (let size = best.decisions[part].length; size > 0; size >>= 1) await simplify(part, size);
      for (let index = best.decisions[part].length - 1; index >= 0; index--) await lower(part, index);
    }
  }
  return { ...best, runs };
}

const cut = (values: readonly number[], start: number, end: number) =>
  [values.slice(0, start), values.slice(start, end), values.slice(end)] as const;

const sum = (numbers: readonly number[]) => numbers.reduce((total, number) => total + number, 0);

function isSimpler(one: Decisions, other: Decisions): boolean {
  const measures = ({ publish, steps }: Decisions) => [sum(publish), publish.length, steps.length, sum(steps)];
  const others = measures(other);
  const differences = measures(one).map((measure, index) => measure - (others[index] ?? 0));
  return (differences.find((difference) => difference !== 0) ?? 0) < 0;
}
