import type { MessageContract } from '../contracts/contract.ts';
import type { Message } from './message.ts';
import type { OutgoingMessage } from './outgoing.ts';
import type { Effect, State } from './subscriber-store.ts';

/**
 * Decides what a message changes in a service. Returns the writes to commit with the cursor. `call` is for effects that
 * cannot be part of a transaction, such as an SMS. The call runs under a lease, at least once, and must be idempotent
 * by the message id. A handler that is idempotent by state returns only `writes` or `setOnce`, and is called again if a
 * condition of these writes fails. A handler should not catch errors of remote services (`resilience/errors`), because
 * the kit reacts to them: it parks the message if the service rejects the request, postpones the message if the error
 * states when the service can be called again, for example while a circuit is open, and retries the message after any
 * other error.
 */
export type Handler<C extends MessageContract> = (
  message: Message<C>,
  context: MessageContext,
) => HandlerResult | Promise<HandlerResult>;

/** Additional input of a handler. */
export interface MessageContext {
  /** Whether an operator released the message, which was held. */
  released: boolean;
  /**
   * Reads the item that contains the cursor. This costs one read, even if a handler calls `state` several times. If the
   * cursor moves before the commit, the handler is called again, unless the message is no longer next in order. Not
   * available to a handler that is idempotent by state.
   */
  state: () => Promise<State>;
}

/**
 * Calls one external service. If it throws, the error states whether the outcome is unknown.
 * @param outcomeUnknown whether an earlier call for this message may have taken effect without a response
 * @returns an addition to the effect, which is committed with the effect. If the call fails, nothing is committed
 */
type Call = (outcomeUnknown: boolean) => Promise<Effect | undefined>;

type HandlerResult = Effect & { call?: Call };

/**
 * Derives the messages to send after a message is applied. The derived messages are not stored, but derived again when
 * the applied message is redelivered. Therefore, they may depend only on the applied message and the committed state,
 * not on the clock or a setting.
 */
export type Follows<C extends MessageContract> = (message: Message<C>, state: State) => OutgoingMessage[];

/**
 * At most one handler per type. A message of a type without a handler only advances the cursor.
 * @public
 */
export type Handlers<C extends MessageContract> = {
  [T in C['type']]?:
    | Handler<Extract<C, { type: T }>>
    | { handle: Handler<Extract<C, { type: T }>>; follows: Follows<Extract<C, { type: T }>> };
};

/** Creates a function that finds the handler of a type. */
export function handlersOf<C extends MessageContract>(handlers: Handlers<C>) {
  type Found = { handle: Handler<C>; follows?: Follows<C> };
  return (type: string): Found | undefined => {
    const found = handlers[type as C['type']] as Handler<C> | Found | undefined;
    return typeof found === 'function' ? { handle: found } : found;
  };
}
