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
 * Runs a process: its state, its deadline and the messages it sends are committed together, and each reply is applied
 * once, by that state. A late reply of an abandoned step is not taken for a reply of the next.
 * @throws {Error} if the process has a deadline and the options no `later`
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
     * An operator's decision.
     * @throws {TransientError} if concurrent changes win every attempt
     * @throws {TransientError} if others change it each time
     */
    async decide(id: string, decision: Decided): Promise<ProcessState<Data>> {
      const process = await writes.move(id, (before, now) => transitions.afterDecision(before, decision, now));
      if (process) return process;
      throw new PermanentError(`there is no ${definition.name} ${id}`);
    },

    /**
     * Handlers for the consumer of its replies.
     * @throws {Error} if that consumes another queue, or is not `idempotent`: replies are applied once by the process's
     * state
     */
    handlers: replyHandlers(definition, { ...steps, ...transitions }, writes, options),
  };
}
