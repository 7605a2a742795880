import type { ProcessDescriptor } from '../../contracts/process-descriptor.ts';
import { PermanentError } from '../errors.ts';
import { type Moved, movesOf } from './moves.ts';
import { type Awaited, awaitedOf, type ProcessState } from './state.ts';
import { stepsOf } from './steps.ts';

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
export function transitionsOf<Data>(definition: Pick<ProcessDescriptor<Data>, 'steps'>) {
  type State = ProcessState<Data>;
  const steps = stepsOf(definition as Pick<ProcessDescriptor, 'steps'>);
  const { goOn, goBack, succeeded, failed, sentAgain } = movesOf<Data>(steps);

  return {
    exchangeOf: steps.exchangeOf,

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
      if (steps.isFinal(step))
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
        if (!steps.mayGiveUp(awaited, isStuck))
          throw new PermanentError(`it awaits ${awaited.action} ${awaited.step}, from where it does not go back`);
        return goBack(process, `cancelled: ${why}`, now, awaited.step);
      }
      if (before.progress.state !== 'needs-person')
        throw new PermanentError(`it is ${before.progress.state}, and needs nobody`);
      return 'retry' in decision ? sentAgain(process, awaited, now, 1) : succeeded(process, awaited, now);
    },
  };
}
