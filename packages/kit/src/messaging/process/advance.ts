import { PermanentError } from '../errors.ts';
import { attemptsOf } from './attempts.ts';
import { type Moved, type Moves, noted } from './moves.ts';
import { type Awaited, awaitedOf, type ProcessState } from './state.ts';
import type { Steps } from './steps.ts';

/** A reply to the command of a step, or of its compensation. */
export interface Answer {
  step: string;
  action: Awaited['action'];
  /** Id of the command. */
  command: string;
  ok: boolean;
  /** The part of it that the process stores. */
  kept: object;
}

/** A person's decision about a process. */
export type Decided = { retry: string } | { done: string } | { cancel: string };

/** The transitions of a process on replies, deadlines and persons' decisions. */
export function transitionsOf<Data>(steps: Steps, moves: Moves<Data>) {
  type State = ProcessState<Data>;
  const { goOn, cancelled, expired } = moves;
  const { succeeded, failed, sentAgain } = attemptsOf<Data>(steps, moves);

  /** @returns undefined if nothing changes: a duplicate, or about a settled step */
  function answered(before: State, answer: Answer, now: Date): Moved<Data> | undefined {
    const { step, action, command, ok, kept } = answer;
    const awaited = awaitedOf(before);
    const process = { ...before, data: { ...before.data, ...kept } };
    if (awaited?.step === step && awaited.action === action) {
      const given = expired(before, now);
      if (given) return answered(given.process, answer, now);
      if (ok) return succeeded(process, awaited, now);
      const isKnown = awaited.refusals?.includes(command);
      const isStuck = before.progress.state === 'needs-person';
      return isStuck || isKnown ? undefined : failed(process, awaited, now, command);
    }
    if (action === 'undo' && !before.undone.includes(step))
      throw new PermanentError(`the reply says that ${step} is compensated, which the process has not requested`);
    if (action === 'undo' || !before.unknown.includes(step)) return undefined;
    const unknown = before.unknown.filter((name) => name !== step);
    if (!ok) return { process: { ...before, unknown }, sends: false };
    // Only a person gives up such a step, and has to check again.
    if (steps.isFinal(step))
      throw new PermanentError(`${step} was done after all: it is the pivot, which cannot be compensated`);
    const late = { ...process, unknown, done: [...before.done, step] };
    return awaited ? { process: late, sends: false } : goOn(late, now);
  }

  return {
    answered,

    /** A deadline is due. @returns undefined if it is not the current one */
    overdue(before: State, until: string, now: Date): Moved<Data> | undefined {
      const awaited = awaitedOf(before);
      if (!awaited || before.timer !== until || before.progress.state === 'needs-person') return undefined;
      const { timer: _, ...process } = before;
      // Set for an earlier step and not rewritten: it is rescheduled to this step's deadline.
      if (awaited.until > until) return { process, sends: false };
      return awaited.pausing ? sentAgain(process, awaited, now, awaited.attempt) : failed(process, awaited, now);
    },

    /** @throws {PermanentError} if the decision is not possible in this state */
    decided(before: State, decision: Decided, now: Date): Moved<Data> {
      const [[kind, why] = ['', '']] = Object.entries(decision) as Array<[string, string]>;
      if ('cancel' in decision) return cancelled(before, why, now);
      const { process, awaited } = noted(before, `${kind}: ${why}`, now);
      if (before.progress.state !== 'needs-person')
        throw new PermanentError(`it is ${before.progress.state}, and waits for no decision`);
      return 'retry' in decision ? sentAgain(process, awaited, now, 1) : succeeded(process, awaited, now);
    },
  };
}
