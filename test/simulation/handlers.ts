import { HeldError, PermanentError, TransientError } from '@rollcall/kit/internal/messaging/errors';
import { type Handlers, handlersOf, type MessageContext } from '@rollcall/kit/internal/messaging/handlers';
import { type Message, type MessagePosition, positionOf } from '@rollcall/kit/internal/messaging/message';
import { modeOf, type Service } from './services.ts';

/**
 * How a handler fails until the repair: permanently, temporarily, by holding the message, or by crashing its function.
 */
export type Breakage = 'permanent' | 'temporary' | 'held' | 'crash';

/**
 * The object that a handler writes to the cursor's item. Each call of the handler writes a new object, so the observer
 * notices each call.
 */
export interface Trace extends MessagePosition {
  messageId: string;
  type: string;
  /** Whether a rule holds the message until an operator releases it. */
  isHeld: boolean;
}

/**
 * A handler reads the state only at every third version. Each read is a further call that can fail, and most real
 * handlers do not read the state.
 */
const READS_STATE_EVERY = 3;

export interface BreakableOptions {
  breakage: (place: MessagePosition) => Breakage | undefined;
  /** Crashes the function that runs the handler. */
  crash: () => Promise<never>;
  /** Called with the version of the state that a handler got. 0: there was no state. */
  onState: (place: MessagePosition, stateVersion: number) => void;
}

/**
 * Wraps the handlers of a service. The returned handlers can be made to fail, and write a trace of each applied
 * message.
 */
export function breakable(service: Service, handlers: Handlers<never>, options: BreakableOptions) {
  const { breakage, crash, onState } = options;
  const mode = modeOf(service);
  // An idempotent consumer has no cursor item for a trace.
  if (mode === 'idempotent') return handlers;
  const find = handlersOf(handlers as Handlers<never>);
  const entries = service.reads.map(({ type }) => {
    const found = find(type);
    const handle = async (message: Message, context: MessageContext) => {
      const place = positionOf(message, mode === 'unordered');
      const broken = breakage(place);
      if (broken === 'permanent') throw new PermanentError('fails permanently');
      if (broken === 'temporary') throw new TransientError('fails temporarily');
      if (broken === 'held' && !context.released) throw new HeldError('held by a rule');
      if (broken === 'crash') await crash();
      if (place.version % READS_STATE_EVERY === 0) onState(place, Number((await context.state()).version ?? 0));
      const reaction = (await found?.handle(message as never, context)) ?? {};
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
  return Object.fromEntries(entries) as Handlers<never>;
}
