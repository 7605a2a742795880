import { HeldError, PermanentError, TransientError } from '@rollcall/kit/internal/messaging/errors';
import { type Handlers, handlersOf, type MessageContext } from '@rollcall/kit/internal/messaging/handlers';
import { type Message, type MessagePosition, positionOf } from '@rollcall/kit/internal/messaging/message';
import { modeOf, type Service } from './services.ts';

/** Until it is repaired, a handler fails permanently, fails temporarily, holds the message, or crashes its function. */
export type Breakage = 'for good' | 'for now' | 'held' | 'fatally';

/** What a handler writes to the item that carries the cursor: each run writes another value. */
export interface Trace extends MessagePosition {
  messageId: string;
  type: string;
  /** Whether a rule holds it, until an operator releases it. */
  isHeld: boolean;
}

/** A handler reads the state at every third version, which costs a call. */
const ASKING_EVERY = 3;

export interface BreakableOptions {
  breakage: (place: MessagePosition) => Breakage | undefined;
  /** Crashes the function that runs the handler. */
  die: () => Promise<never>;
  /** Called with the version whose state a handler was shown; 0: none. */
  onState: (place: MessagePosition, shown: number) => void;
}

/** A service's own handlers, with injectable failures and a trace of applied messages. */
export function breakable(service: Service, handlers: Handlers<never>, options: BreakableOptions) {
  const { breakage, die, onState } = options;
  const mode = modeOf(service);
  // A handler that is idempotent by state has no item for a trace.
  if (mode === 'idempotent') return handlers;
  const find = handlersOf(handlers as Handlers<never>);
  const broken = service.reads.map(({ type }) => {
    const found = find(type);
    const handle = async (message: Message, circumstances: MessageContext) => {
      const place = positionOf(message, mode === 'unordered');
      const broken = breakage(place);
      if (broken === 'for good') throw new PermanentError('broken for good');
      if (broken === 'for now') throw new TransientError('broken for now');
      if (broken === 'held' && !circumstances.released) throw new HeldError('held by a rule');
      if (broken === 'fatally') await die();
      // Some handlers read the state, some do not.
      if (place.version % ASKING_EVERY === 0) onState(place, Number((await circumstances.state()).version ?? 0));
      const reaction = (await found?.handle(message as never, circumstances)) ?? {};
      return {
        ...reaction,
        set: {
          ...reaction.set,
          trace: { ...place, messageId: message.id, type, isHeld: broken === 'held' } satisfies Trace,
        },
      };
    };
    return [type, found?.follows ? { handle, follows: found.follows } : handle];
  });
  return Object.fromEntries(broken) as Handlers<never>;
}
