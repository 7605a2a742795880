import { type Decision, draft, draftTo, type ProcessWrites } from '@rollcall/kit/messaging';
import type * as z from 'zod';
import {
  approved,
  cancelled,
  created,
  type newOrder,
  type orderChange,
  type orderEvents,
  payments,
  refund,
  release,
  stock,
  updated,
} from '../../shared/contracts.ts';
import { labelsOf } from './labels.ts';

/** A stored order. It is `open` while its approval is in progress. */
export interface Order extends z.output<typeof newOrder> {
  version: number;
  state: 'open' | 'approved' | 'cancelled';
  because?: string;
}

export type OrderDecision = Decision<Order, (typeof orderEvents.messages)[number], string>;

/** @param approval the writes that start the approval */
export const place = (orderId: string, order: z.output<typeof newOrder>, approval: ProcessWrites): OrderDecision => ({
  state: { ...order, state: 'open' },
  events: [draft(created, { orderId, item: order.item, quantity: order.quantity })],
  ...approval,
});

/** Changes the quantity of the order. The stock service keeps the original quantity reserved. */
export const update = (
  orderId: string,
  before: Order,
  { quantity }: z.output<typeof orderChange>,
): OrderDecision | undefined =>
  before.quantity === quantity
    ? undefined
    : { state: { ...before, quantity }, events: [draft(updated, { orderId, quantity })] };

export const approve = (orderId: string, before: Order): OrderDecision => ({
  state: { ...before, state: 'approved' },
  events: [draft(approved, { orderId, labels: labelsOf(orderId, before) })],
});

/** @param approval the writes that cancel the approval, if the approval is in progress */
export const cancel = (
  orderId: string,
  before: Order,
  because: string,
  approval?: ProcessWrites,
): OrderDecision | undefined => {
  if (before.state === 'cancelled') return undefined;
  const { cents } = before;
  const compensations = [draftTo(stock, release, { orderId }), draftTo(payments, refund, { orderId, cents })];
  return {
    state: { ...before, state: 'cancelled', because },
    events: [draft(cancelled, { orderId })],
    ...(before.state === 'approved' ? { send: compensations } : approval),
  };
};
