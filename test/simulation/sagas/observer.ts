import type { ProcessState } from '@rollcall/kit/internal/messaging/process/state';
import type { SimulatedState } from '@rollcall/kit/testing';
import { type Kind, PROCESSES } from './shop.ts';

/** Longer than the largest possible difference between the clocks of two instances. */
const SKEW_MS = 10_000;

/** Checks the invariants of approvals. */
export class SagaObserver {
  readonly #before = new Map<string, ProcessState>();

  /**
   * Checks that steps are executed in order, and that no step is given up before its deadline.
   * @returns the violation; undefined if there is none
   */
  always(state: SimulatedState): string | undefined {
    for (const process of processesIn(state)) {
      const before = this.#before.get(process.id);
      if (before?.version === process.version) continue;
      this.#before.set(process.id, process);
      const what = orderViolation(process, state) ?? (before && deadlineViolation(before, process));
      if (what) return `${process.id}: ${what}`;
    }
    return undefined;
  }

  /**
   * Checks that every order started a process, that a completed process executed each of its steps, that a failed
   * process compensated the steps that were executed, and that each process ended once.
   * @returns the violation; undefined if there is none
   */
  static atRest(state: SimulatedState): string | undefined {
    const processes = processesIn(state);
    if (processes.length !== state.published.length)
      return `${state.published.length} orders were placed, but ${processes.length} approvals were started`;
    for (const process of processes) {
      const what = finalViolation(process, state);
      if (what) return `${process.id}: ${what}`;
    }
    return undefined;
  }
}

const processesIn = (state: SimulatedState): ProcessState[] =>
  state.items(PROCESSES).filter(({ pk }) => String(pk).startsWith('process#')) as unknown as ProcessState[];

/** Returns how often each command was executed. */
function countsOf({ id }: ProcessState, state: SimulatedState): Record<Kind, number> {
  const all = ['stock', 'payments', 'parcels'].map((consumer) => state.of(consumer, id));
  const { reserve = 0, release = 0, charge = 0, refund = 0, confirm = 0 } = Object.assign({}, ...all);
  return { reserve, release, charge, refund, confirm };
}

function orderViolation(process: ProcessState, state: SimulatedState): string | undefined {
  const { reserve, charge, refund } = countsOf(process, state);
  const { done } = process;
  if (done.includes('reserve') && reserve === 0) return 'reserve is recorded as done, but was not executed';
  if (done.includes('charge') && charge === 0) return 'charge is recorded as done, but was not executed';
  if (state.of('payments', process.id).chargeTried && reserve === 0) return 'charge was attempted before reserve';
  if (state.of('parcels', process.id).confirmTried && (charge === 0 || refund > 0))
    return 'confirm was attempted before charge, or after refund';
  return undefined;
}

function deadlineViolation(before: ProcessState, process: ProcessState): string | undefined {
  if (before.because !== undefined || !process.because?.endsWith('had no reply in time')) return undefined;
  const { until } = 'awaits' in before.progress ? before.progress.awaits : { until: '' };
  return Date.parse(process.changedAt) + SKEW_MS < Date.parse(until)
    ? `a step was given up at ${process.changedAt}, before ${until}`
    : undefined;
}

function finalViolation(process: ProcessState, state: SimulatedState): string | undefined {
  const { reserve, release, charge, refund, confirm } = countsOf(process, state);
  const counts = JSON.stringify({ reserve, release, charge, refund, confirm });
  const { ended, ends } = state.items(PROCESSES).find(({ pk }) => pk === `order#${process.id}`) ?? {};
  const { state: now } = process.progress;
  if (ended !== now || ends !== 1) return `its state is ${now}, but it has ended ${ends ?? 0} times, as ${ended}`;
  // A command may be executed again if an operator retries it because its outcome is unknown.
  const repetitions = process.decided?.length ?? 0;
  const isDone = (count: number, times = 0) => count >= 1 && count <= 1 + times;
  const isUndone = (done: number, undone: number) =>
    done === 0 ? undone === 0 : done === 1 && isDone(undone, repetitions);
  if (now === 'completed')
    return reserve === 1 && charge === 1 && isDone(confirm, repetitions) && release + refund === 0
      ? undefined
      : `it is completed, but these commands were executed: ${counts}`;
  return isUndone(reserve, release) && isUndone(charge, refund) && confirm === 0
    ? undefined
    : `it has failed, but these commands were executed: ${counts}`;
}
