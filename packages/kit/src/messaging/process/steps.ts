import type { Exchange, ProcessDescriptor, ProcessStep } from '../../contracts/process-descriptor.ts';
import { PermanentError } from '../errors.ts';
import type { Awaited, ProcessState } from './state.ts';

export type Steps = ReturnType<typeof stepsOf>;

/** The steps of a process by their names, and from which it may go back. */
export function stepsOf({ steps, deadline }: Pick<ProcessDescriptor, 'steps' | 'deadline'>) {
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

  return {
    all: steps,
    /** Whether a message of its own tells it that a time has passed. */
    isToldOfTime: deadline !== undefined,
    stepOf,
    exchangeOf,
    /** ISO: when a reply is expected, to what is sent now. */
    timeOf({ data }: ProcessState, awaited: Pick<Awaited, 'step' | 'action'>, now: Date): string {
      const { within } = exchangeOf(awaited);
      return later(now, typeof within === 'function' ? within(data) : within);
    },
    mayGiveUp,
    /** Of the pivot, whether nothing undoes it. */
    isFinal: (name: string) => indexOf(name) === pivot && !stepOf(name).compensate,
  };
}

export const later = (now: Date, seconds: number): string => new Date(now.getTime() + seconds * 1_000).toISOString();
