import fc, { type RunDetails } from 'fast-check';
import type { Violation } from './history.ts';
import { type LaterScenario, laterScenarios } from './later/scenario.ts';
import { simulateLater } from './later/world.ts';
import { type SagaScenario, sagaScenarios, simulateSagas } from './sagas/world.ts';
import { type Scenario, scenarios } from './scenario.ts';
import { simulate } from './world.ts';

/** A simulated world with its scenarios: the member application, a shop's scheduled messages, or a shop's processes. */
interface World<S> {
  scenarios: fc.Arbitrary<S>;
  simulate(scenario: S, trace?: (line: string) => void): Promise<Violation[]>;
}

const members: World<Scenario> = { scenarios, simulate };
const later: World<LaterScenario> = { scenarios: laterScenarios, simulate: simulateLater };
const sagas: World<SagaScenario> = { scenarios: sagaScenarios, simulate: simulateSagas };
const worlds = { members, later, sagas } as unknown as Record<WorldName, World<unknown>>;

export type WorldName = 'members' | 'later' | 'sagas';

/** Runs one schedule. Calls `trace` with each line of its trace. */
export const replay = (world: WorldName, scenario: unknown, trace: (line: string) => void): Promise<Violation[]> =>
  worlds[world].simulate(scenario, trace);

// Without this, collecting stacks would slow down the simulation, which throws thousands of errors.
Error.stackTraceLimit = 0;

export interface RunOptions {
  /** Default: the member application. */
  world?: WorldName;
  seed: number;
  /** The path by which fast-check identifies a single schedule of the seed. */
  path?: string;
  schedules?: number;
  seconds?: number;
  /** Whether to shrink a failing schedule. */
  shrink?: boolean;
}

export interface RunResult {
  schedules: number;
  seconds: number;
  failure?: { seed: number; path: string; scenario: unknown; violations: Violation[] };
}

/** Runs one schedule of a seed. */
async function runOne({ scenarios, simulate }: World<unknown>, seed: number, path: string): Promise<RunResult> {
  const start = performance.now();
  // `fc.check` is not used, because it would continue with neighbouring schedules if this one passes.
  const [scenario] = fc.sample(scenarios, { seed, path, numRuns: 1 });
  const violations = await simulate(scenario);
  const result = { schedules: 1, seconds: (performance.now() - start) / 1000 };
  return violations.length > 0 ? { ...result, failure: { seed, path, scenario, violations } } : result;
}

/**
 * Runs schedules until one violates a guarantee, or until the number or time in the options is reached. With `shrink`,
 * simplifies the schedule that violates a guarantee. With `path`, runs only the schedule of this path. The seed
 * determines all schedules.
 */
export async function runSchedules(options: RunOptions): Promise<RunResult> {
  const { world = 'members', seed, path, schedules, seconds, shrink = true } = options;
  const { scenarios, simulate } = worlds[world];
  if (path) return runOne(worlds[world], seed, path);
  const start = performance.now();
  let ran = 0;
  const property = fc.asyncProperty(scenarios, async (scenario) => {
    ran++;
    return (await simulate(scenario)).length === 0;
  });
  const details: RunDetails<[unknown]> = await fc.check(property, {
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
