import type { ConsumerDescriptor } from '../contracts/consumer.ts';
import type { Handlers } from '../messaging/handlers.ts';
import type { Model, SimulatedContext } from './simulation/model.ts';
import { randomOf } from './simulation/random.ts';
import { type Ran, runSchedule } from './simulation/schedule.ts';
import { type Decisions, type Failing, shrink } from './simulation/shrink.ts';

/** Every schedule has at least so many decisions, and so many more at most: few show little, many take long. */
const MIN_DECISIONS = 20;
const MORE_DECISIONS = 600;
/** Of the publisher model; any that it takes beyond are the simplest. */
const PUBLISH_DECISIONS = 200;
/** A decision is taken modulo its possibilities. */
const DECISIONS_BELOW = 10_000;
/** Of a long trace, its beginning and its end are shown. */
const TRACE_LINES = 120;

type Of<D> =
  D extends ConsumerDescriptor<infer C, infer S>
    ? Handlers<C> | ((context: SimulatedContext<S>) => Handlers<C>)
    : never;

export interface SimulationOptions<D extends readonly unknown[]> extends Omit<Model, 'consumers'> {
  /** Descriptors with their handlers, or with what makes them, as `subscriberFunctions` takes it. */
  consumers: { readonly [I in keyof D]: { descriptor: D[I]; handlers: Of<D[I]> } };
  /** How many schedules are run. Default: 1,000. */
  schedules?: number;
  /** Fixes all schedules. Default: 1. */
  seed?: number;
  /** Runs one schedule alone, by the decisions that a {@link SimulationError} names. */
  replay?: Decisions;
}

export interface SimulationReport {
  schedules: number;
  /** Messages that were applied, in all schedules. */
  applied: number;
}

/**
 * A schedule violates an invariant. Its message has the steps of the smallest such schedule, and how to run it alone.
 * @public
 */
export class SimulationError extends Error {
  override readonly name = 'SimulationError';
  /** What is violated. */
  readonly violation: string;
  /** The decisions of the schedule, for `replay`. */
  readonly replay: Decisions;
  /** Its steps, in words. */
  readonly trace: readonly string[];

  constructor(found: string, { violation, decisions }: Failing, trace: readonly string[]) {
    const { publish, steps } = decisions;
    const alone = `Run this schedule alone: simulate({ …, replay: { publish: [${publish}], steps: [${steps}] } })`;
    super([violation, found, '', ...shortened(trace), '', alone].join('\n'));
    this.violation = violation;
    this.replay = decisions;
    this.trace = trace;
  }
}

/** The simulation that runs: the wall clock is of the whole process. */
let running: Promise<unknown> = Promise.resolve();

/**
 * Runs handlers under schedules of crashes, lost answers, redelivery, reordering, duplication and outages: the kit's own
 * code on models of DynamoDB, SNS and SQS. Beside the invariants it checks that each message is applied once and in order,
 * none is lost, and what `follows` derives is the same each time. `Date` shows simulated time and `Math.random` is
 * repeatable meanwhile; a handler waits for nothing but calls of its context.
 * @throws {SimulationError} for the first schedule that violates something, made as small as it can be
 * @throws {Error} if the model does not fit together, or no schedule applies anything
 * @public
 */
export function simulate<const D extends readonly unknown[]>(options: SimulationOptions<D>): Promise<SimulationReport> {
  const { schedules, seed, replay, ...model } = options;
  const run = () => (replay ? replayed(model as Model, replay) : runAll(model as Model, seed, schedules));
  const after = running.then(run);
  running = Promise.allSettled([after]);
  return after;
}

async function runAll(model: Model, seed = 1, schedules = 1_000): Promise<SimulationReport> {
  let applied = 0;
  for (let schedule = 1; schedule <= schedules; schedule++) {
    const ran = await runSchedule(model, decisionsOf(seed, schedule));
    applied += ran.applied;
    const failing = failingOf(ran);
    if (failing) throw await shrunk(model, failing, seed, schedule);
  }
  // What is idempotent by state is seen by its effects only.
  const isCounted = model.consumers.some(({ descriptor }) => !descriptor.idempotent);
  if (applied === 0 && isCounted)
    throw new Error('no message was applied in any schedule: does `publish` return what is read?');
  return { schedules, applied };
}

async function replayed(model: Model, replay: Decisions): Promise<SimulationReport> {
  const { applied, failing, trace } = await traced(model, replay);
  if (failing) throw new SimulationError('in the schedule that was replayed', failing, trace);
  return { schedules: 1, applied };
}

async function shrunk(model: Model, found: Failing, seed: number, schedule: number): Promise<SimulationError> {
  const where = `in schedule ${schedule} of seed ${seed}`;
  const again = await traced(model, found.decisions);
  if (!again.failing)
    return new SimulationError(
      `${where}, but not when it is run again: something is kept between runs, or comes from a source of chance`,
      found,
      again.trace,
    );
  const { runs, decisions } = await shrink(
    found,
    async (candidate) => failingOf(await runSchedule(model, candidate)),
    (index) => decisionsOf(seed, index + 1).steps,
  );
  const { failing, trace } = await traced(model, decisions);
  const [before, after] = [found.decisions, decisions].map(({ publish, steps }) => publish.length + steps.length);
  return failing
    ? new SimulationError(`${where}, shrunk from ${before} decisions to ${after} in ${runs} runs`, failing, trace)
    : new SimulationError(where, again.failing, again.trace);
}

async function traced(model: Model, decisions: Decisions) {
  const trace: string[] = [];
  const ran = await runSchedule(model, decisions, (line) => trace.push(line));
  return { applied: ran.applied, trace, failing: failingOf(ran) };
}

const failingOf = ({ violation, decisions }: Ran): Failing | undefined =>
  violation === undefined ? undefined : { violation, decisions };

function decisionsOf(seed: number, schedule: number): Decisions {
  const random = randomOf(seed * 1_000_003 + schedule);
  const some = (length: number) => Array.from({ length }, () => Math.floor(random() * DECISIONS_BELOW));
  // Short ones are quick, and as good for most mistakes.
  const steps = some(MIN_DECISIONS + Math.floor(random() ** 2 * MORE_DECISIONS));
  return { publish: some(PUBLISH_DECISIONS), steps };
}

function shortened(trace: readonly string[]): readonly string[] {
  if (trace.length <= TRACE_LINES) return trace;
  const half = TRACE_LINES / 2;
  return [...trace.slice(0, half), `… ${trace.length - TRACE_LINES} more steps …`, ...trace.slice(-half)];
}
