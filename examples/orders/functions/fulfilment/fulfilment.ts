import type { Handlers } from '@rollcall/kit/messaging';
import type { eventConsumer } from './events.consumer.ts';

/** Plans shipments. Each order has one plan. The events of the order change the plan in sequence. */
export const fulfilmentHandlers = (): Handlers<(typeof eventConsumer.reads)[number]> => ({
  'shop.order.created.v1': ({ data: { item, quantity } }) => ({ set: { plan: 'wait', item, quantity } }),
  'shop.order.updated.v1': ({ data: { quantity } }) => ({ set: { quantity } }),
  'shop.order.approved.v1': ({ data: { labels } }) => ({ set: { plan: 'pick', labels: labels.length } }),
  'shop.order.cancelled.v1': () => ({ set: { plan: 'stopped' } }),
});
