import { Outbox, RollcallApp, ServiceFunction, ServiceTable } from '@rollcall/cdk';
import { App } from 'aws-cdk-lib';
import { AttributeType } from 'aws-cdk-lib/aws-dynamodb';
import { channels as all, labels, orderCommands, orderEvents } from '../shared/contracts.ts';

// A small app that schedules messages on every kind of channel.
const shop = new RollcallApp(new App(), { name: 'shop', stages: { dev: {} }, channels: all });

shop.service('orders', (stack, { stage, channels, alarms }) => {
  const partitionKey = { name: 'pk', type: AttributeType.STRING };
  const orders = new ServiceTable(stack, 'Orders', { stage, name: 'orders', partitionKey });
  const outbox = new Outbox(stack, 'Outbox', {
    ...{ stage, service: 'orders', entry: 'functions/publish.handler.ts', channels, alarms },
    sendsTo: [orderEvents, orderCommands, labels],
    later: { places: [orders] },
  });
  const environment = {
    ORDERS_TABLE: orders.tableName,
    OUTBOX_TABLE: outbox.table.tableName,
    LATER_TABLE: outbox.later.tableName,
  };
  for (const handler of ['place', 'withdraw']) {
    const about = { stage, name: `orders-${handler}`, entry: 'functions/orders.handler.ts', handler, environment };
    const fn = new ServiceFunction(stack, handler, about);
    if (handler === 'withdraw') outbox.later.allow(fn, 'DeleteItem');
    else for (const table of [orders, outbox.table, outbox.later]) table.allow(fn, 'PutItem');
  }
});

shop.finish();
