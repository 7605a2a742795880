import type { CommandContext, HandlerContext, Message } from '@rollcall/kit/messaging';
import { currentTraceparent } from '@rollcall/kit/observability';

/** The context of messages that follow from a message. They get its correlation ID and its trace. */
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
