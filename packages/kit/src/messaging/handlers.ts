import type { MessageContract } from '../contracts/contract.ts';
import type { Message } from './message.ts';
import type { OutgoingMessage } from './outgoing.ts';
import type { Effect, State } from './subscriber-store.ts';

/**
 * What an event means to a service. Returns the writes to commit with the cursor; `call` is for what cannot be part
 * of a transaction (an SMS): it runs under a lease, at least once, and must be idempotent by the message id.
 * Of a message that is idempotent by state, it returns `writes` or `setOnce` alone, and is asked again if a condition of
 * theirs refuses them. What a remote service throws (`resilience/errors`) it lets through: an open circuit postpones the
 * message, a refusal parks it, and the rest is tried again.
 */
export type Handler<C extends MessageContract> = (
  message: Message<C>,
  circumstances: Circumstances,
) => Reaction | Promise<Reaction>;

/** Under which a message is handled. */
export interface Circumstances {
  /** Whether a person released it, after a rule had held it back. */
  released: boolean;
  /**
   * The item that carries the cursor, as it is when the effect is committed: if it changes meanwhile, the handler is asked
   * again. It costs a read, for a handler that asks. What is idempotent by state has none.
   */
  state: () => Promise<State>;
}

/**
 * Calls one service: what its error says of the outcome is taken for that of the whole call.
 * @param outcomeUnknown whether an earlier call for the message may have taken effect, though nothing was heard of it
 * @returns what its outcome adds to the effect: committed with the rest, and not at all if the call fails
 */
type Call = (outcomeUnknown: boolean) => Promise<Effect | undefined>;

type Reaction = Effect & { call?: Call };

/**
 * What is to be sent because a message was applied. It is kept nowhere: who finds the message applied derives it again. So
 * it follows from the message and the committed state alone, never from the clock, nor from a setting in force.
 */
export type Follows<C extends MessageContract> = (message: Message<C>, state: State) => OutgoingMessage[];

/**
 * One handler a type. A type without handler only moves the cursor.
 * @public
 */
export type Handlers<C extends MessageContract> = {
  [T in C['type']]?:
    | Handler<Extract<C, { type: T }>>
    | { handle: Handler<Extract<C, { type: T }>>; follows: Follows<Extract<C, { type: T }>> };
};

/** Finds what handles a type. */
export function handlersOf<C extends MessageContract>(handlers: Handlers<C>) {
  type Found = { handle: Handler<C>; follows?: Follows<C> };
  return (type: string): Found | undefined => {
    const found = handlers[type as C['type']] as Handler<C> | Found | undefined;
    return typeof found === 'function' ? { handle: found } : found;
  };
}
