import type { Exchange, ProcessDescriptor, ProcessStep } from '../../contracts/process-descriptor.ts';
import { PermanentError } from '../errors.ts';
import type { Awaited, ProcessState } from './state.ts';

export type Steps = ReturnType<typeof stepsOf>;

/** Creates the functions that look up the steps of a process and determine from which steps it can be compensated. */
export function stepsOf({ steps, deadline }: Pick<ProcessDescriptor, 'steps' | 'deadline'>) {
  const pivot = steps.findIndex((step) => step.pivot);
  const indexOf = (name: string) => steps.findIndex((step) => step.name === name);
  const stepOf = (name: string): ProcessStep => {
    const step = steps[indexOf(name)];
    if (!step) throw new PermanentError(`the process no longer has a step ${name}`);
    return step;
  };
  const exchangeOf = ({ step, action }: Pick<Awaited, 'step' | 'action'>): Exchange => {
    const found = action === 'do' ? stepOf(step) : stepOf(step).compensate;
    if (!found) throw new PermanentError(`step ${step} no longer has a compensation`);
    return found;
  };

  /**
   * Whether the process may give up a step and compensate. It may not give up a compensation, or a step after the
   * pivot. It may give up the pivot only if the pivot was refused or has a compensation.
   */
  const mayGiveUp = ({ step, action }: Awaited, isRefused: boolean): boolean => {
    const index = indexOf(step);
    if (action === 'undo' || (pivot >= 0 && index > pivot)) return false;
    return isRefused || index !== pivot || stepOf(step).compensate !== undefined;
  };

  return {
    all: steps,
    /** Whether the process receives a message when the time of a step has passed. */
    hasDeadlineMessages: deadline !== undefined,
    stepOf,
    exchangeOf,
    /** The time until which the reply to a command that is sent now must arrive, ISO 8601. */
    replyDeadline({ data }: ProcessState, awaited: Pick<Awaited, 'step' | 'action'>, now: Date): string {
      const { within } = exchangeOf(awaited);
      return addSeconds(now, typeof within === 'function' ? within(data) : within);
    },
    mayGiveUp,
    /** Whether a step is the pivot and has no compensation. */
    isFinal: (name: string) => indexOf(name) === pivot && !stepOf(name).compensate,
  };
}

export const addSeconds = (now: Date, seconds: number): string =>
  new Date(now.getTime() + seconds * 1_000).toISOString();
