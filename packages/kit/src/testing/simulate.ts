import type { ConsumerDescriptor } from '../contracts/consumer.ts';
import type { Handlers } from '../messaging/handlers.ts';
import type { Model, SimulatedContext } from './simulation/model.ts';
import { randomOf } from './simulation/random.ts';
import { runSchedule, type ScheduleResult } from './simulation/schedule.ts';
import { type Decisions, type Failing, shrink } from './simulation/shrink.ts';

/**
 * Minimum number of decisions in a schedule, and the maximum number of additional decisions. A decision is a number
 * that selects the next step of a schedule, or the outcome of a step. In shorter schedules, little happens. Longer
 * schedules take too much time.
 */
const MIN_DECISIONS = 20;
const MORE_DECISIONS = 600;
/** Number of decisions for `publish`. All further decisions are 0, and select the first possibility. */
const PUBLISH_DECISIONS = 200;
/** Upper bound of a decision, which is used modulo the number of possibilities. */
const DECISIONS_BELOW = 10_000;
/** Maximum number of trace lines in an error message, which shows the beginning and the end of a longer trace. */
const TRACE_LINES = 120;

type Of<D> =
  D extends ConsumerDescriptor<infer C, infer S>
    ? Handlers<C> | ((context: SimulatedContext<S>) => Handlers<C>)
    : never;

export interface SimulationOptions<D extends readonly unknown[]> extends Omit<Model, 'consumers'> {
  /** Descriptors, each with its handlers or the function that creates its handlers, as for `subscriberFunctions`. */
  consumers: { readonly [I in keyof D]: { descriptor: D[I]; handlers: Of<D[I]> } };
  /** Number of schedules to run. Default: 1,000. */
  schedules?: number;
  /** The seed that determines all schedules. Default: 1. */
  seed?: number;
  /** Runs only one schedule, with the decisions from a {@link SimulationError}. */
  replay?: Decisions;
}

export interface SimulationReport {
  schedules: number;
  /** Number of messages applied in all schedules, not counting consumers that are `idempotent`. */
  applied: number;
}

/**
 * A schedule violates an invariant, or a check of {@link simulate} fails. The error message lists the steps of the
 * smallest failing schedule that was found, and shows how to run this schedule alone.
 * @public
 */
export class SimulationError extends Error {
  override readonly name = 'SimulationError';
  /** The violation. */
  readonly violation: string;
  /** The decisions of the schedule, for `replay`. */
  readonly replay: Decisions;
  /** The steps as text. */
  readonly trace: readonly string[];

  constructor(where: string, { violation, decisions }: Failing, trace: readonly string[]) {
    const { publish, steps } = decisions;
    const alone = `Run this schedule alone: simulate({ …, replay: { publish: [${publish}], steps: [${steps}] } })`;
    super([violation, where, '', ...shortened(trace), '', alone].join('\n'));
    this.violation = violation;
    this.replay = decisions;
    this.trace = trace;
  }
}

/** The running simulation. Simulations run one at a time, because they replace the clock of the process. */
let running: Promise<unknown> = Promise.resolve();

/**
 * Runs handlers and the kit's own code on models of DynamoDB, SNS and SQS, under schedules of crashes, lost responses,
 * redelivery, reordering, duplication and outages. Besides the invariants, `simulate` checks that each message is
 * applied once and in order, that no message is lost, and that `follows` derives the same messages each time. During a
 * run, `Date` shows simulated time and `Math.random` is deterministic. A handler may wait only for calls that it makes
 * through its context.
 * @throws {SimulationError} if a schedule violates an invariant, or if one of these checks fails
 * @throws {Error} if the model is inconsistent, or if no schedule applies a message, unless all consumers are
 * `idempotent`
 * @public
 */
export function simulate<const D extends readonly unknown[]>(options: SimulationOptions<D>): Promise<SimulationReport> {
  const { schedules, seed, replay, ...model } = options;
  const run = () => (replay ? runReplay(model as Model, replay) : runAll(model as Model, seed, schedules));
  const after = running.then(run);
  running = Promise.allSettled([after]);
  return after;
}

async function runAll(model: Model, seed = 1, schedules = 1_000): Promise<SimulationReport> {
  let applied = 0;
  for (let schedule = 1; schedule <= schedules; schedule++) {
    const result = await runSchedule(model, decisionsOf(seed, schedule));
    applied += result.applied;
    const failing = failingOf(result);
    if (failing) throw await errorAfterShrinking(model, failing, seed, schedule);
  }
  // An idempotent consumer has no cursors that show which messages it applied, so these messages are not counted.
  const isCounted = model.consumers.some(({ descriptor }) => !descriptor.idempotent);
  if (applied === 0 && isCounted)
    throw new Error(
      'no message was applied in any schedule: check that `publish` returns messages that a consumer reads',
    );
  return { schedules, applied };
}

async function runReplay(model: Model, replay: Decisions): Promise<SimulationReport> {
  const { applied, failing, trace } = await runTraced(model, replay);
  if (failing) throw new SimulationError('in the replayed schedule', failing, trace);
  return { schedules: 1, applied };
}

async function errorAfterShrinking(
  model: Model,
  found: Failing,
  seed: number,
  schedule: number,
): Promise<SimulationError> {
  const where = `in schedule ${schedule} of seed ${seed}`;
  const rerun = await runTraced(model, found.decisions);
  if (!rerun.failing)
    return new SimulationError(
      `${where}, but not when it is run again: the handlers keep state between runs, or use a source of randomness that is not simulated`,
      found,
      rerun.trace,
    );
  const { runs, decisions } = await shrink(
    found,
    async (candidate) => failingOf(await runSchedule(model, candidate)),
    (index) => decisionsOf(seed, index + 1).steps,
  );
  const { failing, trace } = await runTraced(model, decisions);
  const [before, after] = [found.decisions, decisions].map(({ publish, steps }) => publish.length + steps.length);
  return failing
    ? new SimulationError(`${where}, shrunk from ${before} decisions to ${after} in ${runs} runs`, failing, trace)
    : new SimulationError(where, rerun.failing, rerun.trace);
}

async function runTraced(model: Model, decisions: Decisions) {
  const trace: string[] = [];
  const result = await runSchedule(model, decisions, (line) => trace.push(line));
  return { applied: result.applied, trace, failing: failingOf(result) };
}

const failingOf = ({ violation, decisions }: ScheduleResult): Failing | undefined =>
  violation === undefined ? undefined : { violation, decisions };

function decisionsOf(seed: number, schedule: number): Decisions {
  const random = randomOf(seed * 1_000_003 + schedule);
  const randomNumbers = (length: number) => Array.from({ length }, () => Math.floor(random() * DECISIONS_BELOW));
  // Most schedules are short, because short schedules run fast and find most mistakes.
  const steps = randomNumbers(MIN_DECISIONS + Math.floor(random() ** 2 * MORE_DECISIONS));
  return { publish: randomNumbers(PUBLISH_DECISIONS), steps };
}

function shortened(trace: readonly string[]): readonly string[] {
  if (trace.length <= TRACE_LINES) return trace;
  const half = TRACE_LINES / 2;
  return [...trace.slice(0, half), `… ${trace.length - TRACE_LINES} more steps …`, ...trace.slice(-half)];
}
