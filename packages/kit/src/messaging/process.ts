import type { ProcessDescriptor } from '../contracts/process-descriptor.ts';
import { PermanentError } from './errors.ts';
import { type Decided, transitionsOf } from './process/advance.ts';
import { clientOf } from './process/client.ts';
import { movesOf } from './process/moves.ts';
import { replyHandlers } from './process/replies.ts';
import type { ProcessState } from './process/state.ts';
import { stepsOf } from './process/steps.ts';
import { type ProcessOptions, transitionWrites } from './process/writes.ts';

export type Process<Data> = ReturnType<typeof createProcess<Data>>;

/**
 * Runs a process: its state, its deadline and what it sends are committed together, and each reply is applied once, by that
 * state. The reply of a step that was given up is no reply to the next.
 * @throws {Error} if the process has a deadline, and the options no `later`
 * @public
 */
export function createProcess<Data>(definition: ProcessDescriptor<Data>, options: ProcessOptions<Data>) {
  const steps = stepsOf(definition);
  const moves = movesOf<Data>(steps);
  const writes = transitionWrites<Data>(definition, steps, options);
  const transitions = transitionsOf<Data>(steps, moves);

  return {
    ...clientOf(definition, moves, writes),

    /**
     * What a person decides.
     * @throws {PermanentError} if there is no such process, or that cannot be decided about it now
     * @throws {TransientError} if others change it each time
     */
    async decide(id: string, decision: Decided): Promise<ProcessState<Data>> {
      const process = await writes.move(id, (before, now) => transitions.decided(before, decision, now));
      if (process) return process;
      throw new PermanentError(`there is no ${definition.name} ${id}`);
    },

    /**
     * Of the consumer of its replies.
     * @throws {Error} if it takes another queue, or is not `idempotent`: replies are applied once by the process's state
     */
    handlers: replyHandlers(definition, { ...steps, ...transitions }, writes, options),
  };
}
