import { defineConsumer } from '@rollcall/kit/contracts';
import { orderEvents } from '../../shared/contracts.ts';

export const eventConsumer = defineConsumer('fulfilment', { of: orderEvents, capability: 'fulfilment' });
