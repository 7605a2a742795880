import { defineConsumer } from '@rollcall/kit/contracts';
import { paymentReplies, payments } from '../../shared/contracts.ts';

export const commandConsumer = defineConsumer('payments', {
  source: '/shop/payments',
  of: payments,
  sends: [paymentReplies],
  capability: 'payments',
});
