import { defineConsumer } from '@rollcall/kit/contracts';
import { orderEvents } from '../../shared/contracts.ts';

export const eventConsumer = defineConsumer('fulfilment', {
  source: '/shop/fulfilment',
  of: orderEvents,
  reads: orderEvents.messages,
  capability: 'fulfilment',
  cursorKey: 'plan',
});
