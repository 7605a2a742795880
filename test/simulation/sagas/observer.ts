import type { ProcessState } from '@rollcall/kit/internal/messaging/process/state';
import type { SimulatedState } from '@rollcall/kit/testing';
import { type Kind, PROCESSES } from './shop.ts';

/** Maximum clock difference between instances. */
const SKEW_MS = 10_000;

/** The invariants of approvals. */
export class SagaObserver {
  readonly #before = new Map<string, ProcessState>();

  /** Steps are done in order, and none is given up before its deadline. */
  always(state: SimulatedState): string | undefined {
    for (const process of processesIn(state)) {
      const before = this.#before.get(process.id);
      if (before?.version === process.version) continue;
      this.#before.set(process.id, process);
      const what = disorderOf(process, state) ?? (before && earlyOf(before, process));
      if (what) return `${process.id}: ${what}`;
    }
    return undefined;
  }

  /** Everything was done once, or is compensated, and the process's state agrees. */
  static atRest(state: SimulatedState): string | undefined {
    const processes = processesIn(state);
    if (processes.length !== state.published.length)
      return `${state.published.length} orders were placed, and ${processes.length} approvals begun`;
    for (const process of processes) {
      const what = wrongOf(process, state);
      if (what) return `${process.id}: ${what}`;
    }
    return undefined;
  }
}

const processesIn = (state: SimulatedState): ProcessState[] =>
  state.items(PROCESSES).filter(({ pk }) => String(pk).startsWith('process#')) as unknown as ProcessState[];

/** How often something was done. */
function countsOf({ id }: ProcessState, state: SimulatedState): Record<Kind, number> {
  const all = ['stock', 'payments', 'parcels'].map((consumer) => state.of(consumer, id));
  const { reserve = 0, release = 0, charge = 0, refund = 0, confirm = 0 } = Object.assign({}, ...all);
  return { reserve, release, charge, refund, confirm };
}

function disorderOf(process: ProcessState, state: SimulatedState): string | undefined {
  const { reserve, charge, refund } = countsOf(process, state);
  const { done } = process;
  if (done.includes('reserve') && reserve === 0) return 'reserve is taken for done';
  if (done.includes('charge') && charge === 0) return 'charge is taken for done';
  if (state.of('payments', process.id).chargeTried && reserve === 0) return 'charge comes before reserve';
  if (state.of('parcels', process.id).confirmTried && (charge === 0 || refund > 0))
    return 'confirm comes before charge';
  return undefined;
}

function earlyOf(before: ProcessState, process: ProcessState): string | undefined {
  if (before.because !== undefined || !process.because?.endsWith('had no reply in time')) return undefined;
  const { until } = 'awaits' in before.progress ? before.progress.awaits : { until: '' };
  return Date.parse(process.changedAt) + SKEW_MS < Date.parse(until)
    ? `a step was given up at ${process.changedAt}, before ${until}`
    : undefined;
}

function wrongOf(process: ProcessState, state: SimulatedState): string | undefined {
  const { reserve, release, charge, refund, confirm } = countsOf(process, state);
  const counts = JSON.stringify({ reserve, release, charge, refund, confirm });
  const { ended, ends } = state.items(PROCESSES).find(({ pk }) => pk === `order#${process.id}`) ?? {};
  const { state: now } = process.progress;
  if (ended !== now || ends !== 1) return `it is ${now}, and has ended ${ends ?? 0} times, as ${ended}`;
  // An operator who retries a command with an unknown outcome may cause a repetition.
  const again = process.decided?.length ?? 0;
  const isDone = (count: number, times = 0) => count >= 1 && count <= 1 + times;
  const isUndone = (done: number, undone: number) => (done === 0 ? undone === 0 : done === 1 && isDone(undone, again));
  if (now === 'completed')
    return reserve === 1 && charge === 1 && isDone(confirm, again) && release + refund === 0
      ? undefined
      : `it is completed, and done are ${counts}`;
  return isUndone(reserve, release) && isUndone(charge, refund) && confirm === 0
    ? undefined
    : `it has failed, and done are ${counts}`;
}
