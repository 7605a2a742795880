import type { ProcessDescriptor } from '../../contracts/process-descriptor.ts';
import type { AddressedDraft, CommandContext } from '../draft.ts';
import type { TransactItem } from '../outbox.ts';
import type { Created } from '../publisher.ts';
import { type Moves, movesOf } from './moves.ts';
import type { ProcessState } from './state.ts';
import { stepsOf } from './steps.ts';
import { type ProcessOptions, type TransitionWrites, transitionWrites } from './writes.ts';

/**
 * Parts of a transaction: of a publisher's decision, or of an outbox writer's commit.
 * @public
 */
export interface ProcessWrites {
  send: readonly AddressedDraft[];
  beside: Readonly<Record<string, TransactItem>>;
}

/**
 * Begins processes and looks at them: of `createProcess`, what a function needs that takes no replies.
 * @throws {Error} if the process has a deadline, and the options no `later`
 * @beta
 */
export function createProcessClient<Data>(definition: ProcessDescriptor<Data>, options: ProcessOptions<Data>) {
  const steps = stepsOf(definition);
  return clientOf(definition, movesOf<Data>(steps), transitionWrites(definition, steps, options));
}

/** Of what the whole process has, too. */
export function clientOf<Data>(
  { name, data: schema }: ProcessDescriptor<Data>,
  moves: Moves<Data>,
  { writer, writesOf, read, restored, move }: TransitionWrites<Data>,
) {
  const begun = (id: string, data: Data, context: CommandContext) =>
    writesOf(undefined, moves.begun(id, schema.parse(data), context.now), context);

  return {
    read,

    /**
     * As `read`; but where no deadline tells a process of the time, its step is given up first if its time has passed. Nobody who
     * has seen that sees it done later.
     * @throws {TransientError} if others change it each time
     */
    current: (id: string): Promise<ProcessState<Data> | undefined> => move(id, moves.expired),

    /** Begins a process: a companion of that name refuses the transaction if there is one of that id. */
    start(id: string, data: Data, context: CommandContext): ProcessWrites {
      const { put, send, beside } = begun(id, data, context);
      return { send, beside: { [name]: { Put: put }, ...beside } };
    },

    /**
     * Begins a process in a transaction of its own, where it is all the state there is.
     * @param checks what else is committed, by names of the service: one that refuses is told by its name
     */
    async create<Beside extends string = never>(
      id: string,
      data: Data,
      context: CommandContext,
      checks?: Readonly<Record<Beside, TransactItem>>,
    ): Promise<Created<ProcessState<Data>, Beside>> {
      const { next, put, send, beside } = begun(id, data, context);
      const committed = await writer.commit<string>({ put, send, beside: { ...beside, ...checks } }, context);
      if (committed.result === 'done') return { result: 'done', state: next };
      if (committed.result === 'stale') return { result: 'taken', state: await restored(id, committed.item ?? {}) };
      return committed as Created<ProcessState<Data>, Beside>;
    },

    /**
     * Has a process compensated that was read, with a state of the caller's: a companion of that name refuses the transaction
     * if it has gone on meanwhile.
     * @throws {PermanentError} if it has ended, or does not go back from where it is
     */
    cancel(process: ProcessState<Data>, because: string, context: CommandContext): ProcessWrites {
      const { put, send, beside } = writesOf(process, moves.cancelled(process, because, context.now), context);
      return { send, beside: { [name]: { Put: put }, ...beside } };
    },
  };
}
