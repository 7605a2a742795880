import fc, { type RunDetails } from 'fast-check';
import type { Violation } from './history.ts';
import { type Scenario, scenarios } from './scenario.ts';
import { simulate } from './world.ts';

export { simulate };

// Thousands of errors are thrown on purpose, and nobody reads where.
Error.stackTraceLimit = 0;

export interface RunOptions {
  seed: number;
  /** Of one schedule of the seed, to be run alone: fast-check's path to it. */
  path?: string;
  schedules?: number;
  seconds?: number;
  /** Whether a failing schedule is made as small as it can be. */
  shrink?: boolean;
}

export interface RunResult {
  schedules: number;
  seconds: number;
  failure?: { seed: number; path: string; scenario: Scenario; violations: Violation[] };
}

/** Runs one schedule of a seed. */
async function runOne(seed: number, path: string): Promise<RunResult> {
  const start = performance.now();
  // A check would go on to the schedules beside it if this one holds.
  const [scenario] = fc.sample(scenarios, { seed, path, numRuns: 1 }) as [Scenario];
  const violations = await simulate(scenario);
  const result = { schedules: 1, seconds: (performance.now() - start) / 1000 };
  return violations.length > 0 ? { ...result, failure: { seed, path, scenario, violations } } : result;
}

/** Runs schedules until one violates a guarantee; then shrinks it. The seed fixes them all. */
export async function runSchedules({ seed, path, schedules, seconds, shrink = true }: RunOptions): Promise<RunResult> {
  if (path) return runOne(seed, path);
  const start = performance.now();
  let ran = 0;
  const property = fc.asyncProperty(scenarios, async (scenario) => {
    ran++;
    return (await simulate(scenario)).length === 0;
  });
  const details: RunDetails<[Scenario]> = await fc.check(property, {
    seed,
    numRuns: schedules ?? Number.MAX_SAFE_INTEGER,
    endOnFailure: !shrink,
    ...(seconds && { interruptAfterTimeLimit: seconds * 1000 }),
  });
  const result = { schedules: ran, seconds: (performance.now() - start) / 1000 };
  const scenario = details.counterexample?.[0];
  if (!scenario) return result;
  const violations = await simulate(scenario);
  return { ...result, failure: { seed: details.seed, path: details.counterexamplePath ?? '', scenario, violations } };
}
