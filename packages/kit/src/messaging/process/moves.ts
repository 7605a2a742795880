import { PermanentError } from '../errors.ts';
import { type Awaited, awaitedOf, type ProcessState } from './state.ts';
import type { Steps } from './steps.ts';

/** The next state of a process, and whether to send the command whose reply the process awaits in this state. */
export interface Transition<Data = unknown> {
  process: ProcessState<Data>;
  sends: boolean;
}

/**
 * Records an operator's decision in a process.
 * @throws {PermanentError} if the process has ended
 */
export function withDecision<Data>(before: ProcessState<Data>, what: string, now: Date) {
  const awaited = awaitedOf(before);
  if (!awaited) throw new PermanentError(`the process has ${before.progress.state}: there is nothing to decide`);
  return { process: { ...before, decided: [...(before.decided ?? []), `${now.toISOString()} ${what}`] }, awaited };
}

export type Moves<Data> = ReturnType<typeof movesOf<Data>>;

/**
 * Creates the functions that begin, advance, compensate and cancel a process, and give up a step whose time has passed.
 */
export function movesOf<Data>({ all, stepOf, replyDeadline, mayGiveUp, hasDeadlineMessages }: Steps) {
  type State = ProcessState<Data>;

  const awaitReply = (process: State, step: string, action: Awaited['action'], now: Date): Transition<Data> => {
    const awaits = { step, action, attempt: 1, until: replyDeadline(process, { step, action }, now) };
    const state = action === 'do' ? 'running' : 'compensating';
    return { process: { ...process, progress: { state, awaits } }, sends: true };
  };

  const end = (process: State, state: 'completed' | 'failed', now: Date): Transition<Data> => ({
    process: { ...process, progress: { state }, endedAt: process.endedAt ?? now.toISOString() },
    sends: false,
  });

  /**
   * Starts the next action: the next step, or the compensation of the last completed step that has one. If no action is
   * left, ends the process.
   */
  function advance(process: State, now: Date): Transition<Data> {
    const { because, done } = process;
    if (because === undefined) {
      const next = all[done.length];
      return next ? awaitReply(process, next.name, 'do', now) : end(process, 'completed', now);
    }
    const last = done.findLast((name) => stepOf(name).compensate);
    return last === undefined ? end(process, 'failed', now) : awaitReply(process, last, 'undo', now);
  }

  function compensate(process: State, because: string, now: Date, unknown?: string): Transition<Data> {
    const left = unknown === undefined ? process.unknown : [...process.unknown, unknown];
    return advance({ ...process, because, unknown: left }, now);
  }

  return {
    ...{ advance, compensate },

    begin: (id: string, data: Data, now: Date): Transition<Data> => {
      const at = now.toISOString();
      const none = { done: [], undone: [], unknown: [] };
      return advance(
        { id, data, version: 0, startedAt: at, changedAt: at, progress: { state: 'completed' }, ...none },
        now,
      );
    },

    /** @throws {PermanentError} if the process has ended, or cannot be compensated from its current step */
    cancel(before: State, why: string, now: Date): Transition<Data> {
      const { process, awaited } = withDecision(before, `cancel: ${why}`, now);
      if (mayGiveUp(awaited, process.progress.state === 'needs-person'))
        return compensate(process, `cancelled: ${why}`, now, awaited.step);
      throw new PermanentError(
        `the process awaits the reply to ${awaited.action === 'undo' ? 'the compensation of ' : ''}${awaited.step}, and cannot be cancelled at this step`,
      );
    },

    /**
     * For a process without deadline messages: gives up a step whose time has passed.
     * @returns undefined if the time has not passed, or if the process has ended, has deadline messages, or cannot be
     * compensated from this step
     */
    expire(before: State, now: Date): Transition<Data> | undefined {
      const awaited = awaitedOf(before);
      if (hasDeadlineMessages || !awaited || awaited.until > now.toISOString() || !mayGiveUp(awaited, false))
        return undefined;
      return compensate(before, `${awaited.step} had no reply in time`, now, awaited.step);
    },
  };
}
