import { type Channel, defineConsumer, type MessageContract } from '@rollcall/kit/contracts';
import type { Handlers } from '@rollcall/kit/messaging';
import * as z from 'zod';

export const created = {
  type: 'shop.order.created.v1',
  kind: 'event',
  data: z.object({ quantity: z.int() }),
} as const satisfies MessageContract;

export const cancelled = {
  type: 'shop.order.cancelled.v1',
  kind: 'event',
  data: z.object({}),
} as const satisfies MessageContract;

const orderEvents: Channel = {
  name: 'order-events',
  kind: 'topic',
  ordered: true,
  description: 'Events about orders.',
  format: 'application/json',
  senders: ['/shop/orders'],
  messages: [created, cancelled],
};

export const fulfilment = defineConsumer('fulfilment', {
  source: '/shop/fulfilment',
  of: orderEvents,
  reads: [created, cancelled],
  cursorKey: 'plan',
});

export const handlers: Handlers<typeof created | typeof cancelled> = {
  'shop.order.created.v1': ({ data }) => ({ set: { status: 'planned', quantity: data.quantity } }),
  'shop.order.cancelled.v1': () => ({ set: { status: 'stopped' } }),
};
