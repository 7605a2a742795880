import { defineConsumer } from '@rollcall/kit/contracts';
import { approvalReplies, payments } from '../../shared/contracts.ts';

export const commandConsumer = defineConsumer('payments', {
  source: '/shop/payments',
  of: payments,
  sends: [approvalReplies],
  capability: 'payments',
});
