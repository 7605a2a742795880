import type { Channel, MessageContract } from '@rollcall/kit/contracts';
import { foreign } from '@rollcall/kit/messaging';
import * as z from 'zod';

export const orderPlaced = {
  type: 'OrderPlaced',
  kind: 'event',
  data: z.object({ quantity: z.int().min(1) }),
} as const satisfies MessageContract;

export const orderCancelled = {
  type: 'OrderCancelled',
  kind: 'event',
  data: z.object({}),
} as const satisfies MessageContract;

export const orders = {
  name: 'orders',
  kind: 'queue',
  ordered: true,
  description: 'Events about orders.',
  format: 'application/json',
  senders: ['orders-service'],
  messages: [orderPlaced, orderCancelled],
} as const satisfies Channel;

/** {"eventId": "e1", "event": "OrderPlaced", "orderNo": "A-17", "revision": 1, "at": "2026-…", "payload": {"quantity": 3}} */
const envelope = z.object({
  eventId: z.string(),
  event: z.string(),
  orderNo: z.string(),
  revision: z.int(),
  at: z.string(),
  payload: z.unknown(),
});

export const readOrder = foreign(envelope, ({ eventId, event, orderNo, revision, at, payload }) => ({
  id: eventId,
  source: 'orders-service',
  type: event,
  subject: orderNo,
  version: revision,
  time: at,
  data: payload,
}));
