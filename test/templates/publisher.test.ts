import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RollcallApp } from '@rollcall/cdk/internal/app';
import { bundleOf } from '@rollcall/cdk/internal/bundles';
import type { PublisherOptions } from '@rollcall/cdk/internal/publisher';
import { defineConsumer, event, queue, type Route, topic } from '@rollcall/kit/contracts';
import { App } from 'aws-cdk-lib';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import * as z from 'zod';

// These tests do not check which consumer owns a handler file, so every consumer may use the handlers of the service
// `guide`.
vi.mock('@rollcall/cdk/internal/bundles', async (original) => ({
  ...(await original<object>()),
  consumersIn: () => [],
}));

const folder = mkdtempSync(join(tmpdir(), 'rollcall-publisher-'));
// The handler file api.handler.ts in this folder exports `read` and `change`.
const FOLDER = 'functions/registration';
beforeAll(() => bundleOf(`${FOLDER}/api.handler.ts`));
afterAll(() => rmSync(folder, { recursive: true }));

const happened = event('shop.thing.happened.v1', z.object({}));
const topicOf = (service: string) => topic(`${service}-events`, { from: `/shop/${service}`, messages: [happened] });
const [orderEvents, stockEvents] = [topicOf('orders'), topicOf('stock')];
const queueOf = (name: string, from: string, ordered: boolean) => queue(name, { from, messages: [happened], ordered });
const letters = queueOf('letters', '/shop/orders', false);
const payments = queueOf('payments', '/shop/orders', true);
const replies = queueOf('orders-replies', '/shop/payments', false);
const refunds = queueOf('refunds', '/shop/payments', true);

const routes = {
  read: { method: 'GET', path: '/orders/{id}', access: 'read' },
  change: { method: 'PATCH', path: '/orders/{id}', access: 'write' },
} as const satisfies Record<string, Route>;

function shopApp(dev: object = {}) {
  const app = new App({
    context: { '@aws-cdk/core:validateAgainstDefaultRules': false },
    outdir: mkdtempSync(join(folder, 'out-')),
  });
  const channels = [orderEvents, stockEvents, letters, payments, replies, refunds];
  return { app, shop: new RollcallApp(app, { name: 'shop', stages: { dev }, channels }) };
}

/** An app with a publisher `orders`. */
function withOrders(options: Partial<PublisherOptions>) {
  const { app, shop } = shopApp();
  shop.publisher('orders', { of: orderEvents, folder: FOLDER, routes, ...options });
  return { app, shop };
}

const resourcesOf = (app: App, service: string) =>
  app.synth().getStackByName(`shop-dev-${service}`).template.Resources as Record<string, any>;

/** The grants of the role of a function of orders, such as `TABLE dynamodb:GetItem`. */
function grantsOf(resources: Record<string, any>, name: string): string[] {
  const all = Object.values(resources);
  const fn = all.find(({ Properties }) => Properties?.FunctionName === `shop-dev-orders-${name}`);
  const role = fn.Properties.Role['Fn::GetAtt'][0];
  const policy = all.find(({ Type, Properties }) => Type === 'AWS::IAM::Policy' && Properties.Roles[0].Ref === role);
  const tableOf = (resource: any): string => resources[resource['Fn::GetAtt']?.[0]]?.Properties.TableName;
  return policy.Properties.PolicyDocument.Statement.flatMap(({ Action, Resource }: any) =>
    [Action].flat().map((action) => `${tableOf(Resource)} ${action}`),
  );
}

describe('a publisher', () => {
  it.each([
    ['no queue', [], []],
    ['an unordered queue', [letters], []],
    ['an ordered queue, whose commands it counts', [payments], ['shop-dev-orders-state dynamodb:UpdateItem']],
  ])(
    'that sends to %s may make the calls of createPublisher, but its read-only routes may only read',
    (_, sends, counts) => {
      const { app, shop } = withOrders({ sends });
      shop.finish();
      const resources = resourcesOf(app, 'orders');
      expect(grantsOf(resources, 'read')).toEqual(['shop-dev-orders-state dynamodb:GetItem']);
      expect(grantsOf(resources, 'change')).toEqual([
        'shop-dev-orders-state dynamodb:GetItem',
        'shop-dev-orders-state dynamodb:PutItem',
        ...counts,
        'shop-dev-orders-outbox dynamodb:PutItem',
      ]);
    },
  );

  it('lets its writing functions schedule messages, and gives a consumer of its service the same rights', () => {
    const { app, shop } = shopApp();
    const orders = shop.publisher('orders', {
      of: orderEvents,
      sends: [payments],
      folder: FOLDER,
      routes,
      later: true,
    });
    const consumer = defineConsumer('orders-replies', { source: '/shop/orders', of: replies, idempotent: true });
    orders.letWrite(shop.consumer(consumer, { entry: 'functions/guide/events.handler.ts' }));
    shop.finish();
    const resources = resourcesOf(app, 'orders');
    expect(grantsOf(resources, 'change')).toEqual([
      ...['GetItem', 'PutItem', 'UpdateItem'].map((action) => `shop-dev-orders-state dynamodb:${action}`),
      'shop-dev-orders-outbox dynamodb:PutItem',
      ...['PutItem', 'DeleteItem'].map((action) => `shop-dev-orders-later dynamodb:${action}`),
    ]);
    expect(grantsOf(resources, 'replies-consume')).toEqual(expect.arrayContaining(grantsOf(resources, 'change')));
    const { table, outbox } = orders;
    const names = { ORDERS_TABLE: table, OUTBOX_TABLE: outbox.table, LATER_TABLE: outbox.later };
    const expected = Object.entries(names).map(([name, { tableName }]) => [name, orders.stack.resolve(tableName)]);
    for (const name of ['read', 'change', 'replies-consume', 'replies-sweep']) {
      const fn = Object.values(resources).find(
        ({ Properties }) => Properties?.FunctionName === `shop-dev-orders-${name}`,
      );
      expect(fn.Properties.Environment.Variables).toMatchObject(Object.fromEntries(expected));
    }
  });

  it('may query scheduled messages about an aggregate if one of its events erases data', () => {
    const { app, shop } = shopApp();
    const of = { ...orderEvents, messages: [{ ...happened, erases: true as const }] };
    shop.publisher('orders', { of, folder: FOLDER, routes, later: true });
    shop.finish();
    expect(grantsOf(resourcesOf(app, 'orders'), 'change')).toContain('shop-dev-orders-later dynamodb:Query');
  });

  it('checks the scopes of the stage on routes that require a token', () => {
    const tokens = { scopes: { read: 'orders:read', write: 'orders:write' } };
    const { app, shop } = shopApp({ tokens });
    const open = { method: 'PUT', path: '/open', access: 'public' } as const;
    const called = { method: 'PUT', path: '/called', access: 'services' } as const;
    const all = { ...routes, root: open, unrouted: called };
    shop.publisher('orders', { of: orderEvents, folder: FOLDER, routes: all });
    shop.finish();
    const scopes = Object.values(resourcesOf(app, 'orders'))
      .filter(({ Type }) => Type === 'AWS::ApiGatewayV2::Route')
      .map(({ Properties }) => [Properties.RouteKey, Properties.AuthorizationScopes]);
    expect(Object.fromEntries(scopes)).toEqual({
      'GET /orders/{id}': ['orders:read'],
      'HEAD /orders/{id}': ['orders:read'],
      'PATCH /orders/{id}': ['orders:write'],
      'PUT /open': undefined,
      'PUT /called': undefined,
    });
  });

  it('gives its functions the names of its tables, and returns its parts', () => {
    const { app, shop } = shopApp();
    const { stack, table, outbox, functions } = shop.publisher('orders', { of: orderEvents, folder: FOLDER, routes });
    expect(Object.keys(functions)).toEqual(['read', 'change']);
    const names = stack.resolve({ ORDERS_TABLE: table.tableName, OUTBOX_TABLE: outbox.table.tableName });
    shop.finish();
    const change = Object.values(resourcesOf(app, 'orders')).find(
      ({ Properties }) => Properties?.FunctionName === 'shop-dev-orders-change',
    );
    expect(change.Properties.Environment.Variables).toMatchObject(names);
  });

  it('can be one of several publishers, and may have the same name as a subscriber', () => {
    const { app, shop } = withOrders({ sends: [payments] });
    const others = { read: { method: 'GET', path: '/stock/{id}', access: 'read' } } as const;
    shop.publisher('stock', { of: stockEvents, folder: FOLDER, routes: others });
    const stockConsumer = defineConsumer('stock', { source: '/shop/stock', of: orderEvents });
    shop.subscriber(stockConsumer, { entry: 'functions/guide/events.handler.ts' });
    shop.finish();
    const tables = Object.values(resourcesOf(app, 'stock')).flatMap(({ Properties }) => Properties?.TableName ?? []);
    expect(tables.toSorted()).toEqual(['shop-dev-stock', 'shop-dev-stock-outbox', 'shop-dev-stock-state']);
  });

  it.each<[string, Partial<PublisherOptions>, string]>([
    [
      'a route that its handler file does not export',
      { routes: { ...routes, cancel: { method: 'DELETE', path: '/orders/{id}', access: 'write' } } },
      'functions/registration/api.handler.ts does not export `cancel`, the handler of a function. Export it, or remove the function. The file exports: change, ',
    ],
    ['a missing handler file', { folder: 'functions/order' }, 'There is no handler file functions/order/publish'],
    [
      'a queue of another sender',
      { sends: [refunds] },
      'it sends to refunds, whose `senders` do not name /shop/orders',
    ],
    ['a topic of another publisher', { of: stockEvents }, 'it sends to stock-events, whose `senders` do not name'],
    [
      'a route with the name of a consumer function',
      { routes: { consume: { method: 'GET', path: '/orders', access: 'read' } } },
      'the route key consume conflicts with a function or construct of the service',
    ],
    ['a queue for its topic', { of: payments }, 'payments is a queue: name it in `sends`'],
  ])('is refused, and the error gives the reason, for %s', (_, options, complaint) => {
    expect(() => withOrders(options)).toThrow(complaint);
  });

  it('may have queues without a topic, but needs at least one channel', () => {
    const { app, shop } = shopApp();
    shop.publisher('orders', { folder: FOLDER, routes, sends: [letters] });
    shop.finish();
    const relay = Object.values(resourcesOf(app, 'orders')).find(
      ({ Properties }) => Properties?.FunctionName === 'shop-dev-orders-outbox-relay',
    );
    expect(JSON.stringify(relay.Properties.Environment.Variables.CHANNELS)).toContain('letters');
    const none = () => shopApp().shop.publisher('orders', { folder: FOLDER, routes });
    expect(none).toThrow('publisher orders: it sends nothing');
  });

  it('cannot have a reserved name, or a name of several words', () => {
    const { shop } = shopApp();
    expect(() => shop.publisher('outbox', { of: orderEvents, routes })).toThrow('OUTBOX_TABLE, is reserved');
    expect(() => shop.publisher('my-orders', { of: orderEvents, routes })).toThrow(
      'publisher my-orders: its name must be one word of lower-case letters and digits',
    );
  });
});
