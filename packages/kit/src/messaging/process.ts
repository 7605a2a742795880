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
 * Creates the functions that run a process. The state of the process, its deadline and the messages that it sends are
 * committed together. The state ensures that each reply is applied once, and that a late reply to a step that was given
 * up is not mistaken for a reply to the next step.
 * @throws {Error} if the process has a deadline and the options have no `later`
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
     * Carries out an operator's decision.
     * @throws {PermanentError} if there is no such process, or the decision is not possible in its state
     * @throws {TransientError} if every attempt fails because of concurrent changes
     */
    async decide(id: string, decision: Decided): Promise<ProcessState<Data>> {
      const process = await writes.move(id, (before, now) => transitions.afterDecision(before, decision, now));
      if (process) return process;
      throw new PermanentError(`there is no ${definition.name} ${id}`);
    },

    /**
     * The handlers for the consumer that receives the replies.
     * @throws {Error} if the consumer does not read the queue of the replies, or is not `idempotent`. The consumer
     * needs no cursor, because the state of the process ensures that replies are applied once
     */
    handlers: replyHandlers(definition, { ...steps, ...transitions }, writes, options),
  };
}
