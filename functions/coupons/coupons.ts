import type { HandlerContext, Handlers } from '@rollcall/kit/messaging';
import { confirmErasure } from '../../shared/confirm-erasure.ts';
import type { eventConsumer } from './events.consumer.ts';

const PERCENT = 10;
const VALID_DAYS = 30;

/**
 * Stores a welcome coupon with its expiry date for each registered member, and erases the coupon when the member
 * leaves.
 */
export const couponsHandlers = (
  context: HandlerContext<(typeof eventConsumer.sends)[number]>,
): Handlers<(typeof eventConsumer.reads)[number]> => ({
  'rollcall.member.registered.v2': ({ subject, time }) => ({
    set: { coupon: `WELCOME-${subject.slice(-8).toUpperCase()}`, percent: PERCENT, validUntil: validUntil(time) },
  }),
  'rollcall.member.profile-changed.v1': () => ({ set: {} }),
  'rollcall.member.deactivated.v1': confirmErasure(context, ['coupon', 'percent', 'validUntil']),
});

const validUntil = (time: string) => new Date(Date.parse(time) + VALID_DAYS * 24 * 60 * 60 * 1_000).toISOString();
