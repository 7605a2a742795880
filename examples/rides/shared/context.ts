import type { CommandContext, HandlerContext, Message } from '@rollcall/kit/messaging';
import { currentTraceparent } from '@rollcall/kit/observability';

/** Creates the context of messages that a handler sends, with the correlation ID and trace of the handled message. */
export function contextOf(
  { correlationid }: Pick<Message, 'correlationid'>,
  { now, newId }: Pick<HandlerContext, 'now' | 'newId'>,
): CommandContext {
  const traceparent = currentTraceparent();
  return {
    now: now(),
    newId,
    ...(correlationid !== undefined && { correlationId: correlationid }),
    ...(traceparent !== undefined && { traceparent }),
  };
}
