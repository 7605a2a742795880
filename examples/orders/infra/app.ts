import { Outbox, RollcallApp, ServiceFunction, ServiceTable } from '@rollcall/cdk';

import { App, CfnParameter, Stack } from 'aws-cdk-lib';
import { AttributeType } from 'aws-cdk-lib/aws-dynamodb';
import { eventConsumer } from '../functions/fulfilment/events.consumer.ts';
import { replyConsumer } from '../functions/orders/replies.consumer.ts';
import { commandConsumer } from '../functions/payments/commands.consumer.ts';
import { channels, orderEvents, payments, routes } from '../shared/contracts.ts';

const shop = new RollcallApp(new App(), { name: 'shop', stages: { dev: {} }, channels });

shop.subscriber(eventConsumer, { entry: 'functions/fulfilment/events.handler.ts' });

const charges = shop.consumer(commandConsumer, { entry: 'functions/payments/commands.handler.ts' });
const { valueAsString } = new CfnParameter(Stack.of(charges), 'ProviderUrl', {
  description: 'Of the payment provider.',
});
charges.extend({ PROVIDER_URL: valueAsString, CIRCUITS_TABLE: shop.governance.environment.CIRCUITS_TABLE }, (fn) =>
  shop.governance.allowBreaking(fn),
);

shop.service('orders', (stack, { stage, channels, api, alarms }) => {
  const partitionKey = { name: 'pk', type: AttributeType.STRING };
  const orders = new ServiceTable(stack, 'Orders', { stage, name: 'orders', partitionKey });
  const entry = 'functions/orders/publish.handler.ts';
  const sendsTo = [orderEvents, payments];
  const outbox = new Outbox(stack, 'Outbox', { stage, service: 'orders', entry, channels, sendsTo, alarms });
  const environment = { ORDERS_TABLE: orders.tableName, OUTBOX_TABLE: outbox.table.tableName };
  for (const handler of ['create', 'read', 'update', 'cancel'] as const) {
    const name = `orders-${handler}`;
    const fn = new ServiceFunction(stack, handler, {
      stage,
      name,
      entry: 'functions/orders/api.handler.ts',
      handler,
      environment,
    });
    orders.allow(fn, 'GetItem', ...(handler === 'read' ? [] : ['PutItem', 'UpdateItem']));
    if (handler !== 'read') outbox.table.allow(fn, 'PutItem');
    api.addServiceRoute(stack, `${handler}Route`, routes[handler], fn);
  }
  const replies = shop.consumer(replyConsumer, { entry: 'functions/orders/replies.handler.ts', gathers: true });
  replies.uses('ORDERS_TABLE', orders, 'UpdateItem');
});

shop.finish();
