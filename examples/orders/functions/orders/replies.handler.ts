import { readEnvironment, text } from '@rollcall/kit/aws';
import { subscriberFunctions } from '@rollcall/kit/messaging';
import * as z from 'zod';
import { replyConsumer } from './replies.consumer.ts';
import { paymentKey } from './store.ts';

const { ORDERS_TABLE: tableName } = readEnvironment(z.object({ ORDERS_TABLE: text }));

export const { consume, sweep } = subscriberFunctions(replyConsumer, () => ({
  'shop.payment.charged.v1': ({ data: { orderId, outcome } }) => ({
    setOnce: { tableName, key: paymentKey(orderId), attributes: { outcome } },
  }),
}));
