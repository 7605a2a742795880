import type { MessageContract } from '../../contracts/contract.ts';
import { TransientError } from '../errors.ts';
import { type Handlers, handlersOf } from '../handlers.ts';
import type { Message } from '../message.ts';
import { withMessagingErrors } from '../remote-errors.ts';
import type { SubscriberStore } from '../subscriber-store.ts';

export interface ChangeOptions<C extends MessageContract> {
  store: Pick<SubscriberStore, 'change'>;
  handlers: Handlers<C>;
  now: () => Date;
}

/** The maximum number of tries. A try fails if a concurrent write has changed the state in the meantime. */
const ATTEMPTS = 5;

async function noState(): Promise<never> {
  throw new Error('`state` is not available: the handler is idempotent by state, so there is no item with a cursor');
}

/**
 * Creates a function that applies a message whose handler is idempotent by the state that it writes. If a condition
 * fails, because the state has changed since the handler read it, the handler is called again. The created function
 * returns false if the handler returned nothing to write.
 */
export function createChange<C extends MessageContract>(options: ChangeOptions<C>) {
  const { store, now } = options;
  const handlers = handlersOf(options.handlers);
  return async (message: Message<C>, released: boolean): Promise<boolean> => {
    for (let tries = 0; tries < ATTEMPTS; tries++) {
      const handle = async () => handlers(message.type)?.handle(message, { released, state: noState });
      const { writes = [], setOnce, ...others } = (await withMessagingErrors(now, handle)) ?? {};
      if (Object.keys(others).length > 0)
        throw new Error(`${message.type}: an idempotent handler can only return \`writes\` or \`setOnce\``);
      if (writes.length === 0 && !setOnce) return false;
      if (await store.change({ writes, ...(setOnce && { setOnce }) })) return true;
    }
    throw new TransientError(`${message.id}: concurrent writes keep changing the same items`);
  };
}
