import { defineConsumer } from '@rollcall/kit/contracts';
import { approvalReplies, stock } from '../../shared/contracts.ts';

export const stockConsumer = defineConsumer('stock', { source: '/shop/stock', of: stock, sends: [approvalReplies] });
