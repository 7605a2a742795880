import { PermanentError } from '../errors.ts';
import { attemptsOf } from './attempts.ts';
import { type Moves, type Transition, withDecision } from './moves.ts';
import { type Awaited, awaitedOf, type ProcessState } from './state.ts';
import type { Steps } from './steps.ts';

/** A reply to the command of a step, or to the command of the step's compensation. */
export interface Reply {
  step: string;
  action: Awaited['action'];
  /** Id of the command. */
  command: string;
  ok: boolean;
  /** The part of the reply's data that the process stores. */
  dataUpdate: object;
}

/** An operator's decision about a process. */
export type Decided = { retry: string } | { done: string } | { cancel: string };

/** Creates the functions that return the transition after a reply, a deadline or an operator's decision. */
export function transitionsOf<Data>(steps: Steps, moves: Moves<Data>) {
  type State = ProcessState<Data>;
  const { advance, cancel, expire } = moves;
  const { afterSuccess, afterFailure, afterResend } = attemptsOf<Data>(steps, moves);

  /**
   * @returns undefined if the reply changes nothing: it is a duplicate, its step has ended, or it is a refusal and the
   * process already needs an operator
   * @throws {PermanentError} if the reply reports a compensation that was not requested, or the late success of a pivot
   * that cannot be compensated
   */
  function afterReply(before: State, reply: Reply, now: Date): Transition<Data> | undefined {
    const { step, action, command, ok, dataUpdate } = reply;
    const awaited = awaitedOf(before);
    const process = { ...before, data: { ...before.data, ...dataUpdate } };
    if (awaited?.step === step && awaited.action === action) {
      const expiredBefore = expire(before, now);
      if (expiredBefore) return afterReply(expiredBefore.process, reply, now);
      if (ok) return afterSuccess(process, awaited, now);
      const isDuplicateRefusal = awaited.refusals?.includes(command);
      const isStuck = before.progress.state === 'needs-person';
      return isStuck || isDuplicateRefusal ? undefined : afterFailure(process, awaited, now, command);
    }
    if (action === 'undo' && !before.undone.includes(step))
      throw new PermanentError(`the reply reports the compensation of ${step}, which the process has not requested`);
    if (action === 'undo' || !before.unknown.includes(step)) return undefined;
    const unknown = before.unknown.filter((name) => name !== step);
    if (!ok) return { process: { ...before, unknown }, sends: false };
    // The process was cancelled at its pivot while it needed an operator. An operator must check the process again.
    if (steps.isFinal(step))
      throw new PermanentError(
        `${step} was completed after it was given up: it is the pivot, which cannot be compensated`,
      );
    const lateSuccess = { ...process, unknown, done: [...before.done, step] };
    return awaited ? { process: lateSuccess, sends: false } : advance(lateSuccess, now);
  }

  return {
    afterReply,

    /**
     * @param until the time of the deadline message that is due
     * @returns undefined if this is not the current deadline message (`timer`), or if the process has ended or already
     * needs an operator
     */
    afterDeadline(before: State, until: string, now: Date): Transition<Data> | undefined {
      const awaited = awaitedOf(before);
      if (!awaited || before.timer !== until || before.progress.state === 'needs-person') return undefined;
      const { timer: _, ...process } = before;
      // The deadline message was scheduled for an earlier step or attempt. Because this transition has no `timer`,
      // `withDeadline` schedules a message for the current deadline.
      if (awaited.until > until) return { process, sends: false };
      return awaited.pausing
        ? afterResend(process, awaited, now, awaited.attempt)
        : afterFailure(process, awaited, now);
    },

    /** @throws {PermanentError} if the decision is not possible in this state */
    afterDecision(before: State, decision: Decided, now: Date): Transition<Data> {
      const [[kind, why] = ['', '']] = Object.entries(decision) as Array<[string, string]>;
      if ('cancel' in decision) return cancel(before, why, now);
      const { process, awaited } = withDecision(before, `${kind}: ${why}`, now);
      if (before.progress.state !== 'needs-person')
        throw new PermanentError(`the process is ${before.progress.state}, and needs no decision`);
      return 'retry' in decision ? afterResend(process, awaited, now, 1) : afterSuccess(process, awaited, now);
    },
  };
}
