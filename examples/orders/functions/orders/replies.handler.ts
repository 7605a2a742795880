import { readEnvironment } from '@rollcall/kit/aws';
import { processFunctions } from '@rollcall/kit/messaging';
import { replyConsumer } from './replies.consumer.ts';
import { createOrders, tablesOfOrders } from './store.ts';

const tables = readEnvironment(tablesOfOrders);

export const { consume, sweep } = processFunctions(
  replyConsumer,
  ({ client }) => createOrders({ client, ...tables }).approvals,
);
