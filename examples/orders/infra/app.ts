import { RollcallApp } from '@rollcall/cdk';
import { App, CfnParameter, Stack } from 'aws-cdk-lib';
import { eventConsumer } from '../functions/fulfilment/events.consumer.ts';
import { replyConsumer } from '../functions/orders/replies.consumer.ts';
import { commandConsumer } from '../functions/payments/commands.consumer.ts';
import { stockConsumer } from '../functions/stock/commands.consumer.ts';
import { approvalReplies, channels, orderEvents, payments, routes, stock } from '../shared/contracts.ts';

const shop = new RollcallApp(new App(), { name: 'shop', stages: { dev: {} }, channels });

shop.subscriber(eventConsumer, { entry: 'functions/fulfilment/events.handler.ts' });

const charges = shop.consumer(commandConsumer, { entry: 'functions/payments/commands.handler.ts' });
const { valueAsString: PROVIDER_URL } = new CfnParameter(Stack.of(charges), 'ProviderUrl');
charges.extend({ PROVIDER_URL }, (fn) => shop.governance.allowBreaking(fn));

shop.consumer(stockConsumer, { entry: 'functions/stock/commands.handler.ts' });

const sends = [stock, payments, approvalReplies];
const orders = shop.publisher('orders', { of: orderEvents, sends, later: true, routes });
orders.letWrite(shop.consumer(replyConsumer, { entry: 'functions/orders/replies.handler.ts' }));

shop.finish();
