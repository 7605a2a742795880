import type { HandlerContext, Message } from '@rollcall/kit/messaging';
import { memberDataErased } from './contracts/member-data-erased.v1.ts';
import type { memberDeactivated } from './contracts/member-deactivated.v1.ts';

/**
 * Creates the handler of a member's departure, which erases the subscriber's data about the member and confirms the
 * erasure. The erasure of a member is pending until every subscriber has confirmed it.
 * @param attributes all attributes with data about a member
 */
export const confirmErasure = (
  { correspondence, now }: Pick<HandlerContext, 'correspondence' | 'now'>,
  attributes: readonly string[] = [],
) => ({
  handle: () => ({ set: { erasedAt: now().toISOString() }, remove: attributes }),
  follows(message: Message<typeof memberDeactivated>, state: Record<string, unknown>) {
    const erasedAt = state.erasedAt as string;
    return correspondence.reply(message, memberDataErased, { memberId: message.subject, erasedAt }, erasedAt);
  },
});
