import { command, document, event, queue, type Route, topic } from '@rollcall/kit/contracts';
import * as z from 'zod';

const id = z.uuid();
const quantity = z.int().min(1).max(1_000);
const about = { subjectField: 'orderId' } as const;

export const created = event('shop.order.created.v1', z.object({ orderId: id, item: z.string(), quantity }), about);
export const updated = event('shop.order.updated.v1', z.object({ orderId: id, quantity }), about);
export const cancelled = event('shop.order.cancelled.v1', z.object({ orderId: id }), about);
export const charge = command('shop.payment.charge.v1', z.object({ orderId: id, cents: z.int().min(1) }), about);
export const charged = document(
  'shop.payment.charged.v1',
  z.object({ orderId: id, outcome: z.enum(['paid', 'declined']) }),
  about,
);

export const orderEvents = topic('order-events', { from: '/shop/orders', messages: [created, updated, cancelled] });
export const payments = queue('payments', { from: '/shop/orders', messages: [charge] });
/** Nobody waits for the answer of one order before that of another. */
export const paymentReplies = queue('orders-replies', { from: '/shop/payments', messages: [charged], ordered: false });

export const channels = [orderEvents, payments, paymentReplies];

export const routes = {
  create: { method: 'POST', path: '/orders', access: 'write' },
  read: { method: 'GET', path: '/orders/{id}', access: 'read' },
  update: { method: 'PATCH', path: '/orders/{id}', access: 'write' },
  cancel: { method: 'DELETE', path: '/orders/{id}', access: 'write' },
} as const satisfies Record<string, Route>;

export const newOrder = z.strictObject({ item: z.string().min(1).max(100), quantity, cents: z.int().min(1) });
export const orderChange = z.strictObject({ quantity });
