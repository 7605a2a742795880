import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type CommandOptions, newCommand } from 'rollcall/internal/new/command';
import { type Plan, writePlan } from 'rollcall/internal/new/plan';
import { newRoute } from 'rollcall/internal/new/route';
import { newService } from 'rollcall/internal/new/service';
import { newSubscriber } from 'rollcall/internal/new/subscriber';
import { describe, expect, it } from 'vitest';
import { filesOf, read, shop, temporaryFolder } from '../support/generated-app.ts';
import { root as ROOT } from '../support/run.ts';

const app = { name: 'shop' };
const cancel = { method: 'DELETE', path: '/items/{id}', access: 'write' } as const;
const stocking: CommandOptions = { of: 'stock', from: 'items' };

/** Changes one file of an app. */
function change(root: string, path: string, from: string | RegExp, to: string): void {
  const before = read(root, path);
  const after = before.replace(from, to);
  expect(after).not.toBe(before);
  writeFileSync(join(root, path), after);
}

/** Copies the parts of an app of this repository that generators read. @returns the folder of the copy */
function copyOf(folder: string): string {
  const root = temporaryFolder();
  for (const part of ['shared', 'infra', 'functions'])
    cpSync(join(ROOT, folder, part), join(root, part), { recursive: true });
  return root;
}

describe('an existing part', () => {
  it.each<[string, (root: string) => Plan | Promise<Plan>, string]>([
    ['a service', (root) => newService(root, 'orders', undefined, app), 'already has a channel order-events'],
    ['a subscriber', (root) => newSubscriber(root, 'stock', 'item-events', app), 'would be overwritten'],
    ['a command', (root) => newCommand(root, 'count', stocking, app), 'already has the command shop.stock.count.v1'],
    ['a route', (root) => newRoute(root, 'items', 'cancel', cancel), 'already has a route DELETE /items/{id}'],
  ])('is not written again: %s', async (_, plan, why) => {
    const root = shop();
    writePlan(root, await plan(root));
    const once = filesOf(root);
    await expect((async () => writePlan(root, await plan(root)))()).rejects.toThrow(why);
    expect(filesOf(root)).toEqual(once);
  });

  it.each<[string, (root: string) => Plan | Promise<Plan>, string]>([
    [
      'a path that differs only in the name of its parameter',
      (root) => {
        change(root, 'shared/items.ts', '/items/{id}', '/items/{item}');
        return newRoute(root, 'items', 'get', { ...cancel, method: 'GET' });
      },
      'shared/items.ts already has a route GET /items/{id}',
    ],
    [
      'the key of a route',
      (root) => newRoute(root, 'items', 'add', cancel),
      'itemRoutes of shared/items.ts already has a route add',
    ],
    [
      'a name that a handler file declares or imports',
      (root) => newRoute(root, 'items', 'json', cancel),
      'functions/items/api.handler.ts already has a "json"',
    ],
    [
      'paths of a service',
      (root) => {
        change(root, 'shared/items.ts', "path: '/items'", "path: '/orders'");
        return newService(root, 'orders', undefined, app);
      },
      'shared/items.ts already has a route POST /orders',
    ],
    [
      'a queue of replies',
      (root) => {
        const replies = "export const r = queue('items-replies', { from: '/shop/x', messages: [] });\n";
        change(root, 'shared/items.ts', /^import \{ event/, 'import { queue, event');
        writeFileSync(join(root, 'shared/items.ts'), `${read(root, 'shared/items.ts')}${replies}`);
        return newCommand(root, 'count', { ...stocking, reply: 'counted' }, app);
      },
      'shared/items.ts already has a channel items-replies. Run this without --reply. Then edit that queue: add counted',
    ],
  ])('is refused: %s', async (_, plan, why) => {
    const root = shop();
    await expect((async () => plan(root))()).rejects.toThrow(why);
  });
});

describe('a name', () => {
  const route = (key: string, path: string, service = 'items') => newRoute(shop(), service, key, { ...cancel, path });
  it.each<[string, () => unknown, string]>([
    ['of a service', () => newService(shop(), 'Orders', undefined, app), '"Orders" is not a valid name'],
    ['of an aggregate', () => newService(shop(), 'orders', 'or-der', app), '"or-der" is not a valid name'],
    ['of a command', () => newCommand(shop(), 'Charge', stocking, app), '"Charge" is not a valid name of a message'],
    [
      'of a command, because it is a reserved word',
      () => newCommand(shop(), 'delete', stocking, app),
      '"delete" is not a valid name: it is',
    ],
    [
      'of a command, because the contracts of the receiver already use that name',
      () => newCommand(shop(), 'queue', stocking, app),
      'shared/stock-commands.ts already has a "queue"',
    ],
    [
      'of a reply',
      () => newCommand(shop(), 'count', { ...stocking, reply: '-' }, app),
      '"-" is not a valid name of a message',
    ],
    [
      'of a reply, because its command has that name',
      () => newCommand(shop(), 'count', { ...stocking, reply: 'count' }, app),
      '"count" cannot name both the command and its reply',
    ],
    [
      'of a sender, because no service has that name',
      () => newCommand(shop(), 'count', { ...stocking, from: 'orders' }, app),
      'There is no service "orders" in functions/; there are: items.',
    ],
    [
      'of the receiver of a command',
      () => newCommand(shop(), 'count', { ...stocking, of: '2' }, app),
      '"2" is not a valid name',
    ],
    ['of an app, because it is missing', () => newService(shop(), 'orders', undefined, {}), 'The app has no name'],
    [
      'of a service, because its environment variable is reserved',
      () => newService(shop(), 'outbox', undefined, app),
      'the environment variable OUTBOX_TABLE is reserved',
    ],
    [
      'of a route, because functions of consumers have that name',
      () => route('consume', '/items/{id}'),
      'functions of consumers have this name',
    ],
    ['of a route, because it is too long', () => route('a'.repeat(17), '/items/{id}'), 'at most 16 characters'],
    ['of a route', () => route('Cancel', '/items/{id}'), '"Cancel" is not a valid name of a route'],
    [
      'of a route, because it is a reserved word',
      () => route('delete', '/items/{id}'),
      '"delete" is not a valid name: it is',
    ],
    [
      'of a service, because no folder has that name',
      () => route('cancel', '/x', 'orders'),
      'There is no service "orders"',
    ],
    ['of a path', () => route('cancel', 'items'), '"items" is not a valid path: it must start with a slash'],
    ['of a path with an empty segment', () => route('cancel', '/items//x'), 'empty segment'],
    ['of a path with a trailing slash', () => route('cancel', '/items/'), 'empty segment'],
    ['of a parameter', () => route('cancel', '/items/{item}'), 'its only parameter must be called {id}'],
    ['of two parameters', () => route('cancel', '/items/{id}/{id}'), 'its only parameter must be called {id}'],
    ['of a segment', () => route('cancel', '/items/a b'), '"a b" has characters other than'],
  ])('that is invalid is refused: %s', async (_, plan, why) => {
    await expect((async () => plan())()).rejects.toThrow(why);
  });

  it.each([
    ['orders', 'order-events'],
    ['stock', 'stock-events'],
    ['address', 'address-events'],
  ])('of a service %s makes the topic %s', (name, topic) => {
    const { files } = newService(shop(), name, undefined, app);
    expect(files[`shared/${name}.ts`]).toContain(`topic('${topic}'`);
  });

  it('of an aggregate is used in the contracts of its service', () => {
    const { files } = newService(shop(), 'people', 'person', app);
    expect(files['shared/people.ts']).toContain("event('shop.person.added.v1'");
  });
});

describe('a service', () => {
  it('is added to the list of channels and to the infrastructure', () => {
    const root = shop();
    writePlan(root, newService(root, 'orders', undefined, app));
    expect(read(root, 'shared/channels.ts')).toContain('export const channels = [itemEvents, orderEvents];');
    expect(read(root, 'infra/app.ts')).toMatch(
      /\napp\.publisher\('items', .*\);\napp\.publisher\('orders', \{ of: orderEvents, routes: orderRoutes \}\);\n\napp\.finish/,
    );
  });

  it('keeps the format of a list of channels on several lines', () => {
    const root = shop();
    change(root, 'shared/channels.ts', '[itemEvents]', '[\n  itemEvents,\n]');
    const { edits } = newService(root, 'orders', undefined, app);
    expect(edits?.['shared/channels.ts']).toContain('channels = [\n  itemEvents,\n  orderEvents,\n];');
  });

  it('does not edit a list of channels in an unknown form, and returns the lines to add', () => {
    const root = shop();
    change(root, 'shared/channels.ts', '[itemEvents]', '[itemEvents, ...[]]');
    const { edits, next } = newService(root, 'orders', undefined, app);
    expect(Object.keys(edits ?? {})).toEqual(['infra/app.ts']);
    expect(next[0]).toContain("import { orderEvents } from './orders.ts';\n  orderEvents,");
  });

  it('has its contracts in the folder of the list of channels', () => {
    const { files, edits } = newService(copyOf('.'), 'orders', undefined, { name: 'rollcall', operatorScope: 'all' });
    expect(Object.keys(files)).toContain('shared/contracts/orders.ts');
    expect(files['functions/orders/api.handler.ts']).toContain("from '../../shared/contracts/orders.ts'");
    expect(files['test/orders.test.ts']).toContain("token({ scope: 'all' })");
    expect(edits?.['shared/contracts/channels.ts']).toContain('  registrationOutcomes,\n  orderEvents,\n];');
  });
});

describe('a command', () => {
  const bill: CommandOptions = { of: 'payments', from: 'orders' };

  it('is about the aggregate of its sender, and its queue is added to the `sends` of the sender', async () => {
    const root = shop();
    writePlan(root, await newCommand(root, 'count', stocking, app));
    expect(read(root, 'shared/stock-commands.ts')).toContain(
      "z.object({ itemId: z.uuid() }), {\n  subjectField: 'itemId'",
    );
    expect(read(root, 'infra/app.ts')).toContain('{ of: itemEvents, sends: [stockCommands], routes: itemRoutes }');
  });

  it('does not edit a publisher in an unknown form, and returns the lines to add', async () => {
    const root = shop();
    change(root, 'infra/app.ts', "app.publisher('items', {", "const name = 'items';\napp.publisher(name, {");
    const { edits, next } = await newCommand(root, 'count', stocking, app);
    expect(edits?.['infra/app.ts']).not.toContain('sends');
    expect(next[0]).toContain(
      "import { stockCommands } from '../shared/stock-commands.ts';\n  sends: [stockCommands],",
    );
  });

  it('is added to the existing queue of its service', async () => {
    const root = shop();
    writePlan(root, await newCommand(root, 'count', stocking, app));
    writePlan(root, await newCommand(root, 'write-off', stocking, app));
    expect(read(root, 'shared/stock-commands.ts')).toContain('messages: [count, writeOff] }');
    expect(read(root, 'functions/stock/commands.ts')).toContain(
      "  'shop.stock.write-off.v1': () => ({ set: {} }),\n});",
    );
  });

  it('is added to a queue with another name; if the handlers have an unknown form, the line to add is returned', async () => {
    const { files, edits, next } = await newCommand(copyOf('examples/orders'), 'bill', bill, app);
    expect(files).toEqual({});
    expect(Object.keys(edits ?? {})).toEqual(['shared/contracts.ts']);
    expect(edits?.['shared/contracts.ts']).toContain("from: '/shop/orders', messages: [charge, refund, bill] }");
    expect(next[0]).toContain("'shop.payments.bill.v1': () => ({ set: {} }),");
  });

  it('does not edit contracts in an unknown form, and returns the lines to add', async () => {
    const given = { of: 'points', from: 'registration' };
    const { files, edits, next } = await newCommand(copyOf('.'), 'double', given, { name: 'rollcall' });
    expect({ files, edits }).toEqual({ files: {}, edits: {} });
    expect(next[0]).toContain("export const double = command('rollcall.points.double.v1', z.object({ memberId:");
    expect(next[0]).toContain('double, in the messages of pointsCommands');
    expect(next[1]).toContain("'rollcall.points.double.v1': () => ({ set: {} }),");
  });

  it.each<[string, CommandOptions & { name?: string }, string]>([
    [
      'of another sender',
      { of: 'payments', from: 'fulfilment' },
      '/shop/fulfilment may not send to the queue payments',
    ],
    ['under a name that is taken', { ...bill, name: 'charged' }, 'shared/contracts.ts already has a "charged"'],
    [
      'with a reply',
      { ...bill, reply: 'billed' },
      'Run this without --reply. Then add billed to the messages of a reply queue',
    ],
  ])('%s is not added to an existing queue', async (_, { name = 'bill', ...options }, why) => {
    await expect(newCommand(copyOf('examples/orders'), name, options, app)).rejects.toThrow(why);
  });
});

describe('a route', () => {
  it('of a publisher consists of its contract and its handler', () => {
    const root = shop();
    const { next } = newRoute(root, 'items', 'cancel', cancel);
    writePlan(root, newRoute(root, 'items', 'cancel', cancel));
    expect(read(root, 'shared/items.ts')).toContain(
      "  cancel: { method: 'DELETE', path: '/items/{id}', access: 'write' },\n} as const satisfies",
    );
    expect(read(root, 'functions/items/api.handler.ts')).toMatch(
      /\n\nexport const cancel = endpoint\(logger, async \(event\) => json\(200, \{ id: pathId\(event, 'item'\) \}\)\);\n$/,
    );
    expect(next.join('\n')).not.toContain('infra/');
  });

  it('of a subscriber is not added to the route table of its publisher', () => {
    const root = shop();
    const folder = join(root, 'functions/coupons');
    mkdirSync(folder);
    writeFileSync(join(folder, 'events.consumer.ts'), "import { itemEvents } from '../../shared/items.ts';\n");
    const { edits = {}, next } = newRoute(root, 'coupons', 'list', { method: 'GET', path: '/coupons', access: 'read' });
    expect(Object.keys(edits)).not.toContain('shared/items.ts');
    expect(next.join('\n')).toContain("list: { method: 'GET', path: '/coupons', access: 'read' },");
  });

  it('of a service that `app.publisher` does not create is not added to the stack; the lines to add are returned', () => {
    const { edits, next } = newRoute(copyOf('.'), 'registration', 'pause', {
      method: 'POST',
      path: '/v1/members/{id}/pause',
      access: 'write',
    });
    expect(Object.keys(edits ?? {})).toEqual(['shared/contracts/routes.ts', 'functions/registration/api.handler.ts']);
    expect(next[0]).toContain("api.addServiceRoute(stack, 'pauseRoute', routes.pause, pause);");
    expect(next[1]).toContain('The handler must check');
  });

  it('of a service without a handler file creates that file', () => {
    const { files } = newRoute(copyOf('.'), 'guide', 'skip', { ...cancel, path: '/v1/members/{id}/guide/skip' });
    expect(files['functions/guide/api.handler.ts']).toContain("createObservability('guide')");
  });

  it('is added to the route table of its service, if there are several route tables', () => {
    const root = shop();
    writePlan(root, newService(root, 'orders', undefined, app));
    const { edits } = newRoute(root, 'items', 'cancel', cancel);
    expect(Object.keys(edits ?? {})).toEqual(['shared/items.ts', 'functions/items/api.handler.ts']);
  });

  it('imports the names that its handler uses', () => {
    const root = shop();
    change(root, 'functions/items/api.handler.ts', 'notFound, pathId, pathOf', 'notFound, type Problem, pathOf');
    const { edits } = newRoute(root, 'items', 'cancel', cancel);
    expect(edits?.['functions/items/api.handler.ts']).toContain(
      '  notFound,\n  pathId,\n  pathOf,\n  type Problem,\n} from',
    );
  });

  it('does not edit sources in an unknown form, and returns the lines to add', () => {
    const root = shop();
    change(root, 'shared/items.ts', '} as const satisfies Record<string, Route>', '} as const');
    change(root, 'functions/items/api.handler.ts', 'const { logger } =', 'const observability =');
    const { edits, next } = newRoute(root, 'items', 'cancel', cancel);
    expect(edits).toEqual({});
    expect(next[0]).toContain("cancel: { method: 'DELETE', path: '/items/{id}', access: 'write' },");
    expect(next[1]).toContain('export const cancel = endpoint(logger,');
  });
});
