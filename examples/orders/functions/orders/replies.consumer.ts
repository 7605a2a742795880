import { defineConsumer } from '@rollcall/kit/contracts';
import { approvalReplies } from '../../shared/contracts.ts';

export const replyConsumer = defineConsumer('orders-replies', {
  source: '/shop/orders',
  of: approvalReplies,
  idempotent: true,
});
