import type { ProcessDescriptor } from '../../contracts/process-descriptor.ts';
import type { AddressedDraft, CommandContext } from '../draft.ts';
import type { TransactItem } from '../outbox.ts';
import type { Created } from '../publisher.ts';
import { type Moves, movesOf } from './moves.ts';
import type { ProcessState } from './state.ts';
import { stepsOf } from './steps.ts';
import { type ProcessOptions, type TransitionWrites, transitionWrites } from './writes.ts';

/**
 * Messages and writes to add to a publisher's decision or to an outbox writer's commit.
 * @public
 */
export interface ProcessWrites {
  send: readonly AddressedDraft[];
  beside: Readonly<Record<string, TransactItem>>;
}

/**
 * Creates the functions that start, read and cancel processes: the part of `createProcess` that needs no replies.
 * @throws {Error} if the process has a deadline and the options have no `later`
 * @beta
 */
export function createProcessClient<Data>(definition: ProcessDescriptor<Data>, options: ProcessOptions<Data>) {
  const steps = stepsOf(definition);
  return clientOf(definition, movesOf<Data>(steps), transitionWrites(definition, steps, options));
}

/** The functions that `createProcess` and `createProcessClient` share. */
export function clientOf<Data>(
  { name, data: schema }: ProcessDescriptor<Data>,
  moves: Moves<Data>,
  { writer, writesOf, read, readItem, move }: TransitionWrites<Data>,
) {
  const beginWrites = (id: string, data: Data, context: CommandContext) =>
    writesOf(undefined, moves.begin(id, schema.parse(data), context.now), context);

  return {
    read,

    /**
     * Reads a process like `read`. If the process has no `deadline` message, also gives up a step whose time has
     * passed, if the process can be compensated from this step. The failure is stored. Therefore, a caller that has
     * seen the step fail does not see the step succeed later.
     * @throws {TransientError} if every attempt fails because of concurrent changes
     */
    current: (id: string): Promise<ProcessState<Data> | undefined> => move(id, moves.expire),

    /**
     * The messages and writes that start a process. `beside` contains the write that stores the process, under
     * the name of the definition. This write fails if a process with the id exists.
     */
    start(id: string, data: Data, context: CommandContext): ProcessWrites {
      const { put, send, beside } = beginWrites(id, data, context);
      return { send, beside: { [name]: { Put: put }, ...beside } };
    },

    /**
     * Starts a process in a separate transaction, for a service that commits no other state with the process.
     * @param checks further writes, by names that the service chooses. If the condition of a write fails, the result
     * contains the name of the write
     */
    async create<Beside extends string = never>(
      id: string,
      data: Data,
      context: CommandContext,
      checks?: Readonly<Record<Beside, TransactItem>>,
    ): Promise<Created<ProcessState<Data>, Beside>> {
      const { next, put, send, beside } = beginWrites(id, data, context);
      const committed = await writer.commit<string>({ put, send, beside: { ...beside, ...checks } }, context);
      if (committed.result === 'done') return { result: 'done', state: next };
      if (committed.result === 'stale') return { result: 'taken', state: await readItem(id, committed.item ?? {}) };
      return committed as Created<ProcessState<Data>, Beside>;
    },

    /**
     * The messages and writes that cancel a process and begin to compensate it, in one transaction with the caller's
     * own state. `beside` contains the write that stores the process, under the name of the definition. This write
     * fails if the process has changed since the caller read it.
     * @throws {PermanentError} if the process has ended, or cannot be compensated from its current step
     */
    cancel(process: ProcessState<Data>, because: string, context: CommandContext): ProcessWrites {
      const { put, send, beside } = writesOf(process, moves.cancel(process, because, context.now), context);
      return { send, beside: { [name]: { Put: put }, ...beside } };
    },
  };
}
