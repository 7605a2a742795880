import type { Awaited, ProcessState } from './state.ts';
import type { Steps } from './steps.ts';

/** A process as it is next, and whether the command of what it awaits is to be sent. */
export interface Moved<Data = unknown> {
  process: ProcessState<Data>;
  sends: boolean;
}

/** A compensation, or a step after the pivot, is tried so often before a person is asked. */
export const ATTEMPTS = 5;
/** Seconds before a command that was refused is sent again: doubled each time. */
const FIRST_PAUSE = 60;

const later = (now: Date, seconds: number): string => new Date(now.getTime() + seconds * 1_000).toISOString();

/** How a process goes on: by its state alone, by no clock, and by no setting. */
export function movesOf<Data>({ all, stepOf, exchangeOf, mayGiveUp }: Steps) {
  type State = ProcessState<Data>;

  const awaiting = (process: State, step: string, action: Awaited['action'], now: Date): Moved<Data> => {
    const until = later(now, exchangeOf({ step, action }).within);
    const awaits = { step, action, attempt: 1, until };
    const state = action === 'do' ? 'running' : 'compensating';
    return { process: { ...process, progress: { state, awaits } }, sends: true };
  };

  const ended = (process: State, state: 'completed' | 'failed', now: Date): Moved<Data> => ({
    process: { ...process, progress: { state }, endedAt: process.endedAt ?? now.toISOString() },
    sends: false,
  });

  /** What comes next: a step, or a compensation of the last that was done. */
  function goOn(process: State, now: Date): Moved<Data> {
    const { because, done } = process;
    if (because === undefined) {
      const next = all[done.length];
      return next ? awaiting(process, next.name, 'do', now) : ended(process, 'completed', now);
    }
    const last = done.findLast((name) => stepOf(name).compensate);
    return last === undefined ? ended(process, 'failed', now) : awaiting(process, last, 'undo', now);
  }

  function goBack(process: State, because: string, now: Date, unknown?: string): Moved<Data> {
    const left = unknown === undefined ? process.unknown : [...process.unknown, unknown];
    return goOn({ ...process, because, unknown: left }, now);
  }

  function succeeded(process: State, { step, action }: Pick<Awaited, 'step' | 'action'>, now: Date): Moved<Data> {
    const { done, undone } = process;
    if (action === 'do') return goOn({ ...process, done: [...done, step] }, now);
    return goOn({ ...process, done: done.filter((name) => name !== step), undone: [...undone, step] }, now);
  }

  /** @param command of the reply that refused it; undefined: there came none in time */
  function failed(process: State, awaited: Awaited, now: Date, command?: string): Moved<Data> {
    const { step, action, attempt, refusals = [] } = awaited;
    const isRefused = command !== undefined;
    const what = `${action === 'undo' ? 'the compensation of ' : ''}${step} ${isRefused ? 'was refused' : 'had no reply in time'}`;
    if (mayGiveUp(awaited, isRefused)) return goBack(process, what, now, isRefused ? undefined : step);
    const known = isRefused ? { refusals: [...refusals, command] } : {};
    if (attempt >= ATTEMPTS) {
      const why = `${what}, ${attempt} times`;
      const awaits = { ...awaited, ...known };
      return { process: { ...process, progress: { state: 'needs-person', awaits, why } }, sends: false };
    }
    // What had no reply is not sent again: it is not lost, and would be done twice.
    const until = isRefused
      ? later(now, FIRST_PAUSE * 2 ** (attempt - 1))
      : later(now, exchangeOf({ step, action }).within);
    const { pausing: _, ...rest } = awaited;
    const awaits: Awaited = {
      ...rest,
      ...known,
      ...{ attempt: attempt + 1, until },
      ...(isRefused && { pausing: true as const }),
    };
    const state = action === 'do' ? 'running' : 'compensating';
    return { process: { ...process, progress: { state, awaits } }, sends: false };
  }

  /** The command once more: its time has come, or a person says so. */
  function sentAgain(process: State, { pausing: _, ...awaited }: Awaited, now: Date, attempt: number): Moved<Data> {
    const awaits = { ...awaited, attempt, until: later(now, exchangeOf(awaited).within) };
    const state = awaited.action === 'do' ? 'running' : 'compensating';
    return { process: { ...process, progress: { state, awaits } }, sends: true };
  }

  return { goOn, goBack, succeeded, failed, sentAgain };
}
