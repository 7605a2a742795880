import { defineConsumer } from '@rollcall/kit/contracts';
import { paymentReplies } from '../../shared/contracts.ts';

/** The first answer of each order counts. */
export const replyConsumer = defineConsumer('orders-replies', {
  source: '/shop/orders',
  of: paymentReplies,
  idempotent: true,
});
