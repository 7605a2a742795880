import { isDeepStrictEqual } from 'node:util';
import type { ConsumerDescriptor } from '../../contracts/consumer.ts';
import type { MessageContract } from '../../contracts/contract.ts';
import { type Follows, type Handlers, handlersOf } from '../../messaging/handlers.ts';
import type { OutgoingMessage } from '../../messaging/outgoing.ts';
import { atTime } from './globals.ts';

/** The time by which the clock is advanced for the second call of `follows`, which must return the same messages. */
const LATER_MS = 20 * 60_000;

const sentOf = (messages: readonly OutgoingMessage[]) => messages.map(({ traceparent: _, ...rest }) => rest);

/**
 * Wraps handlers so that `follows` is called twice, and must return the same messages both times. The messages that
 * `follows` returns are not stored, but derived again at a redelivery. They must therefore depend only on the applied
 * message and the state, not on the clock or on randomness.
 */
export function withFollowsCheck(
  { name, reads }: ConsumerDescriptor,
  handlers: Handlers<MessageContract>,
  onViolation: (what: string) => void,
): Handlers<MessageContract> {
  const find = handlersOf(handlers);

  function twice(type: string, follows: Follows<MessageContract>): Follows<MessageContract> {
    return (message, state) => {
      const first = follows(message, state);
      const second = atTime(Date.now() + LATER_MS, () => follows(message, state));
      if (!isDeepStrictEqual(sentOf(first), sentOf(second)))
        onViolation(
          `${name}: \`follows\` of ${message.id} (${type}) returns different messages the second time: an id or a time in them ` +
            'is derived neither from the message nor from the state',
        );
      return first;
    };
  }

  const all: Handlers<MessageContract> = {};
  for (const { type } of reads) {
    const found = find(type);
    if (!found) continue;
    const { handle, follows } = found;
    all[type] = follows ? { handle, follows: twice(type, follows) } : handle;
  }
  return all;
}
