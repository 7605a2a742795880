import { command, document, event, processDeadline, queue, type Route, topic } from '@rollcall/kit/contracts';
import * as z from 'zod';

const id = z.uuid();
const quantity = z.int().min(1).max(1_000);
const about = { subjectField: 'orderId' } as const;

export const created = event('shop.order.created.v1', z.object({ orderId: id, item: z.string(), quantity }), about);
export const updated = event('shop.order.updated.v1', z.object({ orderId: id, quantity }), about);
export const cancelled = event('shop.order.cancelled.v1', z.object({ orderId: id }), about);
/**
 * `labels` contains an SVG for the parcel of each item. With hundreds of items, the labels exceed the maximum size of a
 * message.
 */
export const approved = event('shop.order.approved.v1', z.object({ orderId: id, labels: z.array(z.string()) }), about);

export const reserve = command('shop.stock.reserve.v1', z.object({ orderId: id, item: z.string(), quantity }), about);
export const reserved = document(
  'shop.stock.reserved.v1',
  z.object({ orderId: id, outcome: z.enum(['reserved', 'sold-out']) }),
  about,
);
export const release = command('shop.stock.release.v1', z.object({ orderId: id }), about);
export const released = document('shop.stock.released.v1', z.object({ orderId: id }), about);
export const charge = command('shop.payment.charge.v1', z.object({ orderId: id, cents: z.int().min(1) }), about);
export const charged = document(
  'shop.payment.charged.v1',
  z.object({ orderId: id, outcome: z.enum(['paid', 'declined']) }),
  about,
);
export const refund = command('shop.payment.refund.v1', z.object({ orderId: id, cents: z.int().min(1) }), about);
export const refunded = document('shop.payment.refunded.v1', z.object({ orderId: id }), about);
export const approvalDeadline = processDeadline('shop.approval.deadline.v1');

export const orderEvents = topic('order-events', {
  from: '/shop/orders',
  messages: [created, updated, approved, cancelled],
  large: true,
});
export const stock = queue('stock', { from: '/shop/orders', messages: [reserve, release] });
export const payments = queue('payments', { from: '/shop/orders', messages: [charge, refund] });
/** Unordered, because the replies have several senders, and each reply is handled independently. */
export const approvalReplies = queue('orders-replies', {
  from: ['/shop/orders', '/shop/stock', '/shop/payments'],
  sendersOf: {
    ...{ [approvalDeadline.type]: ['/shop/orders'] },
    ...{ [reserved.type]: ['/shop/stock'], [released.type]: ['/shop/stock'] },
    ...{ [charged.type]: ['/shop/payments'], [refunded.type]: ['/shop/payments'] },
  },
  messages: [reserved, released, charged, refunded, approvalDeadline],
  ordered: false,
});

export const channels = [orderEvents, stock, payments, approvalReplies];

export const routes = {
  create: { method: 'POST', path: '/orders', access: 'write' },
  read: { method: 'GET', path: '/orders/{id}', access: 'read' },
  update: { method: 'PATCH', path: '/orders/{id}', access: 'write' },
  cancel: { method: 'DELETE', path: '/orders/{id}', access: 'write' },
} as const satisfies Record<string, Route>;

export const newOrder = z.strictObject({ item: z.string().min(1).max(100), quantity, cents: z.int().min(1) });
export const orderChange = z.strictObject({ quantity });
