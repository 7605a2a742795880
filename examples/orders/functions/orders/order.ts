import { type Decision, draft, draftTo } from '@rollcall/kit/messaging';
import type * as z from 'zod';
import {
  cancelled,
  charge,
  created,
  type newOrder,
  type orderChange,
  type orderEvents,
  paymentReplies,
  payments,
  updated,
} from '../../shared/contracts.ts';

/** An order as its table keeps it. */
export interface Order extends z.output<typeof newOrder> {
  version: number;
  state: 'open' | 'cancelled';
}

export type OrderDecision = Decision<Order, (typeof orderEvents.messages)[number]>;

export const place = (orderId: string, order: z.output<typeof newOrder>): OrderDecision => ({
  state: { ...order, state: 'open' },
  events: [draft(created, { orderId, item: order.item, quantity: order.quantity })],
  send: [draftTo(payments, charge, { orderId, cents: order.cents }, { replyTo: paymentReplies })],
});

export const update = (
  orderId: string,
  before: Order,
  { quantity }: z.output<typeof orderChange>,
): OrderDecision | undefined =>
  before.quantity === quantity
    ? undefined
    : { state: { ...before, quantity }, events: [draft(updated, { orderId, quantity })] };

export const cancel = (orderId: string, before: Order): OrderDecision | undefined =>
  before.state === 'cancelled'
    ? undefined
    : { state: { ...before, state: 'cancelled' }, events: [draft(cancelled, { orderId })] };
