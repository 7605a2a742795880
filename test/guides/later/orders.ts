import { randomUUID } from 'node:crypto';
import { createDynamoDB } from '@rollcall/kit/aws';
import { command, event, queue, topic } from '@rollcall/kit/contracts';
import { createLater, createPublisher, draft, draftTo } from '@rollcall/kit/messaging';
import * as z from 'zod';

const { ORDERS_TABLE: table = '', OUTBOX_TABLE: outboxTable = '', LATER_TABLE: laterTable = '' } = process.env;
const client = createDynamoDB();

const data = z.object({ orderId: z.string() });
const about = { subjectField: 'orderId' } as const;
const placed = event('shop.order.placed.v1', data, about);
const paid = event('shop.order.paid.v1', data, about);
const cancelUnpaid = command('shop.order.cancel-unpaid.v1', data, about);

const from = '/shop/orders';
const orderEvents = topic('order-events', { from, messages: [placed, paid] });
const orderCommands = queue('order-commands', { from, messages: [cancelUnpaid] });

interface Order {
  version: number;
  state: 'open' | 'paid';
}

const later = createLater({ client, laterTable });
const orders = createPublisher<Order, typeof orderEvents>(orderEvents, { client, table, outboxTable, later });
const context = () => ({ now: new Date(), newId: randomUUID });

const HALF_AN_HOUR = 30 * 60;

/** Places an order, and schedules a command named `unpaid`, which cancels the order if it is not paid in time. */
export function placeOrder(orderId: string) {
  const send = [draftTo(orderCommands, cancelUnpaid, { orderId }, { after: HALF_AN_HOUR, name: 'unpaid' })];
  const events = [draft(placed, { orderId })] as const;
  return orders.create(orderId, { state: { state: 'open' }, events, send }, context());
}

/** Marks the order as paid and cancels the command, in one transaction. If it is too late, nothing is changed. */
export async function payOrder(orderId: string): Promise<'paid' | 'too late'> {
  const beside = { unpaid: later.cancelling({ subject: orderId, name: 'unpaid' }) };
  const events = [draft(paid, { orderId })] as const;
  const { result } = await orders.change(orderId, () => ({ state: { state: 'paid' }, events, beside }), context());
  return result === 'done' ? 'paid' : 'too late';
}

/** Gives the customer another half hour: the new command replaces the scheduled command with the same name. */
export function extendOrder(orderId: string) {
  const send = [draftTo(orderCommands, cancelUnpaid, { orderId }, { after: HALF_AN_HOUR, name: 'unpaid' })];
  const events = [draft(placed, { orderId })] as const;
  return orders.change(orderId, (order) => ({ state: order, events, send }), context());
}
