import fc, { type RunDetails } from 'fast-check';
import type { Violation } from './history.ts';
import { type Scenario, scenarios } from './scenario.ts';
import { simulate } from './world.ts';

export { simulate };

// Thousands of errors are thrown on purpose, and nobody reads where.
Error.stackTraceLimit = 0;

export interface RunOptions {
  seed: number;
  /** Where to begin: fast-check's path to one schedule of the seed. */
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

/** Runs schedules until one violates a guarantee; then shrinks it. The seed fixes them all. */
export async function runSchedules({ seed, path, schedules, seconds, shrink = true }: RunOptions): Promise<RunResult> {
  const start = performance.now();
  let ran = 0;
  const property = fc.asyncProperty(scenarios, async (scenario) => {
    ran++;
    return (await simulate(scenario)).length === 0;
  });
  const details: RunDetails<[Scenario]> = await fc.check(property, {
    seed,
    numRuns: path ? 1 : (schedules ?? Number.MAX_SAFE_INTEGER),
    ...(path && { path }),
    endOnFailure: path !== undefined || !shrink,
    ...(seconds && { interruptAfterTimeLimit: seconds * 1000 }),
  });
  const result = { schedules: ran, seconds: (performance.now() - start) / 1000 };
  const scenario = details.counterexample?.[0];
  if (!scenario) return result;
  const violations = await simulate(scenario);
  return { ...result, failure: { seed: details.seed, path: details.counterexamplePath ?? '', scenario, violations } };
}
