import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { command, event, queue, topic } from '@rollcall/kit/internal/contracts/descriptors';
import { createLater } from '@rollcall/kit/internal/messaging/later/waiting';
import { createPublisher } from '@rollcall/kit/internal/messaging/publisher';
import * as z from 'zod';

/** `notBefore` is the scheduled time. The observer checks that the message is not sent earlier. */
const data = z.object({ orderId: z.string(), notBefore: z.string().optional() });
const about = { subjectField: 'orderId' } as const;
const from = '/shop/orders';

export const changed = event('shop.order.changed.v1', data, about);
export const reminded = event('shop.order.reminded.v1', data, about);
export const forgotten = event('shop.order.forgotten.v1', data, { ...about, erases: true });
export const charge = command('shop.payment.charge.v1', data, about);
export const print = command('shop.label.print.v1', data, about);

export const orderEvents = topic('order-events', { from, messages: [changed, reminded, forgotten] });
export const payments = queue('payments', { from, messages: [charge] });
export const labels = queue('labels', { from, ordered: false, messages: [print] });

export interface Order {
  version: number;
  isForgotten: boolean;
}

export const [ORDERS, OUTBOX, LATER] = ['orders', 'outbox', 'later'];

/** Creates the publisher and the scheduler of messages the way a service's functions do. */
export function shopOf(client: DynamoDBDocumentClient) {
  const later = createLater({ client, laterTable: LATER });
  const places = { client, outboxTable: OUTBOX, table: ORDERS, later };
  return {
    orders: createPublisher<Order, typeof orderEvents>(orderEvents, places),
    later,
  };
}
