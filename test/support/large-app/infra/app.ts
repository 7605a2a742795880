import { Outbox, RollcallApp, ServiceFunction, ServiceTable } from '@rollcall/cdk';
import { App } from 'aws-cdk-lib';
import { AttributeType } from 'aws-cdk-lib/aws-dynamodb';
import { archive } from '../functions/archive/archive.consumer.ts';
import { printing } from '../functions/printing/printing.consumer.ts';
import { channels as all, documents, prints } from '../shared/contracts.ts';

// A small app that sends large messages to a topic and to a queue. Stage `key` has a customer-managed key.
const shop = new RollcallApp(new App(), {
  name: 'shop',
  stages: { dev: {}, key: { customerManagedKey: true } },
  channels: all,
});

shop.service('orders', (stack, { stage, channels, alarms }) => {
  const partitionKey = { name: 'pk', type: AttributeType.STRING };
  const orders = new ServiceTable(stack, 'Orders', { stage, name: 'orders', partitionKey });
  const outbox = new Outbox(stack, 'Outbox', {
    ...{ stage, service: 'orders', entry: 'functions/orders/publish.handler.ts', channels, alarms },
    sendsTo: [documents, prints],
  });
  const environment = { ORDERS_TABLE: orders.tableName, OUTBOX_TABLE: outbox.table.tableName };
  for (const handler of ['file', 'remove']) {
    const about = {
      stage,
      name: `orders-${handler}`,
      entry: 'functions/orders/orders.handler.ts',
      handler,
      environment,
    };
    const fn = new ServiceFunction(stack, handler, about);
    for (const table of [orders, outbox.table]) table.allow(fn, 'PutItem');
    if (handler === 'remove') orders.allow(fn, 'GetItem');
    channels.allowKeepingLarge(fn, [documents, prints]);
  }
});
shop.subscriber(archive, { entry: 'functions/archive/archive.handler.ts' });
shop.consumer(printing, { entry: 'functions/printing/printing.handler.ts' });

shop.finish();
