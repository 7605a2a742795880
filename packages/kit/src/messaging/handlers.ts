import type { MessageContract } from '../contracts/contract.ts';
import type { Message } from './message.ts';
import type { OutgoingMessage } from './outgoing.ts';
import type { Effect, State } from './subscriber-store.ts';

/**
 * Decides what an event changes in a service. Returns the writes to commit with the cursor. `call` is for effects that
 * cannot be part of a transaction (an SMS): it runs under a lease, at least once, and must be idempotent by the message
 * id. A handler that is idempotent by state returns only `writes` or `setOnce`, and is called again if one of their
 * conditions fails. It lets errors of remote services (`resilience/errors`) pass: an open circuit postpones the
 * message, a rejection parks it, anything else is retried.
 */
export type Handler<C extends MessageContract> = (
  message: Message<C>,
  circumstances: MessageContext,
) => HandlerResult | Promise<HandlerResult>;

/** The circumstances under which a message is handled. */
export interface MessageContext {
  /** Whether an operator released it after a rule had held it back. */
  released: boolean;
  /**
   * Reads the item that carries the cursor, as of the commit: if it changes in between, the handler is called again.
   * Costs a read if called. Not available to a handler that is idempotent by state.
   */
  state: () => Promise<State>;
}

/**
 * Calls one service. The outcome in its error counts as the outcome of the whole call.
 * @param outcomeUnknown whether an earlier call for this message may have taken effect without a response
 * @returns an addition to the effect, committed with it; nothing is committed if the call fails
 */
type Call = (outcomeUnknown: boolean) => Promise<Effect | undefined>;

type HandlerResult = Effect & { call?: Call };

/**
 * Derives the messages to send after a message was applied. They are not stored, but derived again for a redelivered
 * message. So they may depend only on the message and the committed state, never on the clock or a setting.
 */
export type Follows<C extends MessageContract> = (message: Message<C>, state: State) => OutgoingMessage[];

/**
 * At most one handler per type. A type without a handler only moves the cursor.
 * @public
 */
export type Handlers<C extends MessageContract> = {
  [T in C['type']]?:
    | Handler<Extract<C, { type: T }>>
    | { handle: Handler<Extract<C, { type: T }>>; follows: Follows<Extract<C, { type: T }>> };
};

/** Finds the handler of a type. */
export function handlersOf<C extends MessageContract>(handlers: Handlers<C>) {
  type Found = { handle: Handler<C>; follows?: Follows<C> };
  return (type: string): Found | undefined => {
    const found = handlers[type as C['type']] as Handler<C> | Found | undefined;
    return typeof found === 'function' ? { handle: found } : found;
  };
}
