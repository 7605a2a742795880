import type { Exchange, ProcessDescriptor, ProcessStep } from '../../contracts/process-descriptor.ts';
import { PermanentError } from '../errors.ts';
import { type Awaited, awaitedOf, type ProcessState } from './state.ts';

/** A reply to the command of a step, or of its compensation. */
export interface Answer {
  step: string;
  action: Awaited['action'];
  /** Id of the command. */
  command: string;
  ok: boolean;
  /** What the process remembers of it. */
  kept: object;
}

/** What a person decides about a process. */
export type Decided = { retry: string } | { done: string } | { cancel: string };

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

/** The transitions of a process. They decide by its state alone: by no clock, and by no setting. */
export function transitionsOf<Data>({ steps }: Pick<ProcessDescriptor<Data>, 'steps'>) {
  type State = ProcessState<Data>;
  const pivot = steps.findIndex((step) => step.pivot);
  const indexOf = (name: string) => steps.findIndex((step) => step.name === name);
  const stepOf = (name: string): ProcessStep => {
    const step = steps[indexOf(name)];
    if (!step) throw new PermanentError(`the process has no step ${name} any more`);
    return step;
  };
  const exchangeOf = ({ step, action }: Pick<Awaited, 'step' | 'action'>): Exchange => {
    const found = action === 'do' ? stepOf(step) : stepOf(step).compensate;
    if (!found) throw new PermanentError(`step ${step} has no compensation any more`);
    return found;
  };

  /** Whether the process may go back instead of waiting for a step. One that may have been done must be compensable. */
  const mayGiveUp = ({ step, action }: Awaited, isRefused: boolean): boolean => {
    const index = indexOf(step);
    if (action === 'undo' || (pivot >= 0 && index > pivot)) return false;
    return isRefused || index !== pivot || stepOf(step).compensate !== undefined;
  };

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
      const next = steps[done.length];
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

  return {
    exchangeOf,

    begin: (id: string, data: Data, now: Date): Moved<Data> => {
      const at = now.toISOString();
      const none = { done: [], undone: [], unknown: [] };
      return goOn(
        { id, data, version: 0, startedAt: at, changedAt: at, progress: { state: 'completed' }, ...none },
        now,
      );
    },

    /** @returns nothing, if it changes nothing: a duplicate, or of what is settled */
    answered(before: State, { step, action, command, ok, kept }: Answer, now: Date): Moved<Data> | undefined {
      const awaited = awaitedOf(before);
      const process = ok ? { ...before, data: { ...before.data, ...kept } } : before;
      if (awaited?.step === step && awaited.action === action) {
        if (ok) return succeeded(process, awaited, now);
        const isKnown = awaited.refusals?.includes(command);
        const isStuck = before.progress.state === 'needs-person';
        return isStuck || isKnown ? undefined : failed(process, awaited, now, command);
      }
      if (action === 'undo' || !before.unknown.includes(step)) return undefined;
      const known = { ...process, unknown: process.unknown.filter((name) => name !== step) };
      if (!ok) return { process: known, sends: false };
      // Only a person gives that up, and has to look again.
      if (indexOf(step) === pivot && !stepOf(step).compensate)
        throw new PermanentError(`${step} was done after all: it is the pivot, and nothing undoes it`);
      const late = { ...known, done: [...known.done, step] };
      return awaited ? { process: late, sends: false } : goOn(late, now);
    },

    /** A deadline has come. @returns nothing, if it is not the one that counts */
    overdue(before: State, until: string, now: Date): Moved<Data> | undefined {
      const awaited = awaitedOf(before);
      if (!awaited || before.timer !== until || before.progress.state === 'needs-person') return undefined;
      const { timer: _, ...process } = before;
      // Set for an earlier step, and left as it was: it comes again when this one's time has come.
      if (awaited.until > until) return { process, sends: false };
      return awaited.pausing ? sentAgain(process, awaited, now, awaited.attempt) : failed(process, awaited, now);
    },

    /** @throws {PermanentError} if that cannot be decided about it now */
    decided(before: State, decision: Decided, now: Date): Moved<Data> {
      const [[kind, why] = ['', '']] = Object.entries(decision) as Array<[string, string]>;
      const process = { ...before, decided: [...(before.decided ?? []), `${now.toISOString()} ${kind}: ${why}`] };
      const awaited = awaitedOf(before);
      if (!awaited) throw new PermanentError(`it has ${before.progress.state}: there is nothing to decide`);
      if ('cancel' in decision) {
        const isStuck = before.progress.state === 'needs-person';
        if (!mayGiveUp(awaited, isStuck))
          throw new PermanentError(`it awaits ${awaited.action} ${awaited.step}, from where it does not go back`);
        return goBack(process, `cancelled: ${why}`, now, awaited.step);
      }
      if (before.progress.state !== 'needs-person')
        throw new PermanentError(`it is ${before.progress.state}, and needs nobody`);
      return 'retry' in decision ? sentAgain(process, awaited, now, 1) : succeeded(process, awaited, now);
    },
  };
}
