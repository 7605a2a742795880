import type { ProcessDescriptor } from '../contracts/process-descriptor.ts';
import type { AddressedDraft, CommandContext } from './draft.ts';
import { PermanentError } from './errors.ts';
import type { TransactItem } from './outbox.ts';
import { type Decided, transitionsOf } from './process/advance.ts';
import { replyHandlers } from './process/replies.ts';
import type { ProcessState } from './process/state.ts';
import { type ProcessOptions, transitionWrites } from './process/writes.ts';

/**
 * Parts of a transaction: of a publisher's decision, or of an outbox writer's commit.
 * @public
 */
export interface ProcessWrites {
  send: readonly AddressedDraft[];
  beside: Readonly<Record<string, TransactItem>>;
}

/** Others changed it between read and write. */
const ATTEMPTS = 5;

export type Process<Data> = ReturnType<typeof createProcess<Data>>;

/**
 * Runs a process: its state, its deadline and what it sends are committed together, and each reply is applied once, by that
 * state. The reply of a step that was given up is no reply to the next.
 * @public
 */
export function createProcess<Data>(definition: ProcessDescriptor<Data>, options: ProcessOptions<Data>) {
  const { name } = definition;
  const transitions = transitionsOf<Data>(definition);
  const { begin, decided } = transitions;
  const writes = transitionWrites<Data>(definition, transitions.exchangeOf, options);
  const { writer, read, writesOf, itemsOf, contextOf } = writes;

  return {
    read,

    /** Begins a process: a companion of that name refuses the transaction if there is one of that id. */
    start(id: string, data: Data, context: CommandContext): ProcessWrites {
      const { send, beside } = writesOf(undefined, begin(id, definition.data.parse(data), context.now), context);
      return { send, beside };
    },

    /**
     * Has a process compensated that was read, with a state of the caller's: a companion of that name refuses the transaction
     * if it has gone on meanwhile.
     * @throws {PermanentError} if it has ended, or does not go back from where it is
     */
    cancel(process: ProcessState<Data>, because: string, context: CommandContext): ProcessWrites {
      const { send, beside } = writesOf(process, decided(process, { cancel: because }, context.now), context);
      return { send, beside };
    },

    /**
     * What a person decides.
     * @throws {PermanentError} if there is no such process, or that cannot be decided about it now
     */
    async decide(id: string, decision: Decided): Promise<ProcessState<Data>> {
      for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
        const before = await read(id);
        if (!before) throw new PermanentError(`there is no ${name} ${id}`);
        const context = contextOf(id, {});
        const moved = decided(before, decision, context.now);
        const [put, ...others] = await itemsOf(before, moved, context);
        if (!put?.Put) throw new Error('a transition puts its state first');
        const beside = Object.fromEntries(others.map((item, index) => [`item ${index + 1}`, item]));
        const { result } = await writer.commit({ put: put.Put, beside }, context);
        if (result === 'done') return moved.process;
      }
      throw new PermanentError(`${name} ${id} is being changed by others: try again`);
    },

    /**
     * Of the consumer of its replies.
     * @throws {Error} if it takes another queue, or is not `idempotent`: replies are applied once by the process's state
     */
    handlers: replyHandlers(definition, transitions, writes),
  };
}
