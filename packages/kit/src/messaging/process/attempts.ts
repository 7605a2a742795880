import type { Moves, Transition } from './moves.ts';
import type { Awaited, ProcessState } from './state.ts';
import { addSeconds, type Steps } from './steps.ts';

/**
 * Number of attempts before an operator is needed, if the process may not give up the step: at a compensation, at a
 * step after the pivot, and at a pivot that has no compensation and received no reply.
 */
export const ATTEMPTS = 5;
/** Seconds from the refusal of the first attempt to the second attempt. The pause doubles with each further attempt. */
const FIRST_PAUSE = 60;

/** Creates the functions that return the transition after an attempt at a step or at its compensation. */
export function attemptsOf<Data>({ replyDeadline, mayGiveUp }: Steps, { advance, compensate }: Moves<Data>) {
  type State = ProcessState<Data>;

  function afterSuccess(
    process: State,
    { step, action }: Pick<Awaited, 'step' | 'action'>,
    now: Date,
  ): Transition<Data> {
    const { done, undone } = process;
    if (action === 'do') return advance({ ...process, done: [...done, step] }, now);
    return advance({ ...process, done: done.filter((name) => name !== step), undone: [...undone, step] }, now);
  }

  /** @param command id of the refused command; undefined if no reply arrived in time */
  function afterFailure(process: State, awaited: Awaited, now: Date, command?: string): Transition<Data> {
    const { step, action, attempt, refusals = [] } = awaited;
    const isRefused = command !== undefined;
    const what = `${action === 'undo' ? 'the compensation of ' : ''}${step} ${isRefused ? 'was refused' : 'had no reply in time'}`;
    if (mayGiveUp(awaited, isRefused)) return compensate(process, what, now, isRefused ? undefined : step);
    const refusal = isRefused ? { refusals: [...refusals, command] } : {};
    if (attempt >= ATTEMPTS) {
      const why = `${what} (failure number ${attempt})`;
      const awaits = { ...awaited, ...refusal };
      return { process: { ...process, progress: { state: 'needs-person', awaits, why } }, sends: false };
    }
    // A command without a reply is not sent again: the outbox does not lose commands, and the command could be executed
    // twice.
    const until = isRefused ? addSeconds(now, FIRST_PAUSE * 2 ** (attempt - 1)) : replyDeadline(process, awaited, now);
    const { pausing: _, ...rest } = awaited;
    const awaits: Awaited = {
      ...rest,
      ...refusal,
      ...{ attempt: attempt + 1, until },
      ...(isRefused && { pausing: true as const }),
    };
    const state = action === 'do' ? 'running' : 'compensating';
    return { process: { ...process, progress: { state, awaits } }, sends: false };
  }

  /** Sends the command again, because the pause is over or an operator requested it. */
  function afterResend(
    process: State,
    { pausing: _, ...awaited }: Awaited,
    now: Date,
    attempt: number,
  ): Transition<Data> {
    const awaits = { ...awaited, attempt, until: replyDeadline(process, awaited, now) };
    const state = awaited.action === 'do' ? 'running' : 'compensating';
    return { process: { ...process, progress: { state, awaits } }, sends: true };
  }

  return { afterSuccess, afterFailure, afterResend };
}
