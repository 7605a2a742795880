import { defineProcess } from '@rollcall/kit/contracts';
import * as z from 'zod';
import {
  approvalDeadline,
  approvalReplies,
  charge,
  charged,
  newOrder,
  payments,
  refund,
  refunded,
  release,
  released,
  reserve,
  reserved,
  stock,
} from '../../shared/contracts.ts';

const MINUTE = 60;

/**
 * Approves an order when its goods are reserved and paid for. If a step is refused or gets no reply in time, the order
 * is cancelled.
 */
export const approval = defineProcess(
  'approval',
  {
    data: z.object({ orderId: z.string(), ...newOrder.shape }),
    replies: approvalReplies,
    deadline: approvalDeadline,
  },
  (step) => [
    step('reserve', {
      send: [stock, reserve],
      by: ({ orderId, item, quantity }) => ({ orderId, item, quantity }),
      reply: reserved,
      ok: ({ outcome }) => outcome === 'reserved',
      within: 10 * MINUTE,
      compensate: {
        send: [stock, release],
        by: ({ orderId }) => ({ orderId }),
        reply: released,
        within: 10 * MINUTE,
      },
    }),
    step('charge', {
      send: [payments, charge],
      by: ({ orderId, cents }) => ({ orderId, cents }),
      reply: charged,
      ok: ({ outcome }) => outcome === 'paid',
      within: 30 * MINUTE,
      pivot: true,
      // Refunds a payment that arrives too late.
      compensate: {
        send: [payments, refund],
        by: ({ orderId, cents }) => ({ orderId, cents }),
        reply: refunded,
        within: 10 * MINUTE,
      },
    }),
  ],
);
