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
  /** What the process remembers of it. */
  kept: object;
}

/** What a person decides about a process. */
export type Decided = { retry: string } | { done: string } | { cancel: string };

/** What replies, deadlines and persons make of a process. */
export function transitionsOf<Data>(steps: Steps, moves: Moves<Data>) {
  type State = ProcessState<Data>;
  const { goOn, cancelled, expired } = moves;
  const { succeeded, failed, sentAgain } = attemptsOf<Data>(steps, moves);

  /** @returns nothing, if it changes nothing: a duplicate, or of what is settled */
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
      throw new PermanentError(`${step} is said to be undone, which nobody has asked for`);
    if (action === 'undo' || !before.unknown.includes(step)) return undefined;
    const unknown = before.unknown.filter((name) => name !== step);
    if (!ok) return { process: { ...before, unknown }, sends: false };
    // Only a person gives that up, and has to look again.
    if (steps.isFinal(step))
      throw new PermanentError(`${step} was done after all: it is the pivot, and nothing undoes it`);
    const late = { ...process, unknown, done: [...before.done, step] };
    return awaited ? { process: late, sends: false } : goOn(late, now);
  }

  return {
    answered,

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
      if ('cancel' in decision) return cancelled(before, why, now);
      const { process, awaited } = noted(before, `${kind}: ${why}`, now);
      if (before.progress.state !== 'needs-person')
        throw new PermanentError(`it is ${before.progress.state}, and needs nobody`);
      return 'retry' in decision ? sentAgain(process, awaited, now, 1) : succeeded(process, awaited, now);
    },
  };
}
