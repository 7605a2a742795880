import { cpSync, existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { newApp } from 'rollcall/internal/new/app';
import { writePlan } from 'rollcall/internal/new/plan';
import { newSubscriber } from 'rollcall/internal/new/subscriber';
import { describe, expect, it } from 'vitest';
import { read, shop, temporaryFolder } from '../support/generated-app.ts';
import { root as ROOT, runNode } from '../support/run.ts';

describe('rollcall new', () => {
  const main = join(ROOT, 'packages/cli/src/cli/main.ts');
  const rollcall = (folder: string, ...words: string[]) =>
    runNode(['--disable-warning=ExperimentalWarning', main, ...words], {}, '', folder);

  it('writes an app, a subscriber and a service, and prints the files and the next steps', async () => {
    const folder = temporaryFolder();
    const app = await rollcall(folder, 'new', 'app', 'shop');
    expect([app.code, app.stderr]).toEqual([0, '']);
    expect(app.stdout).toMatch(/written {2}shop\/cdk\.json\n(.*\n)+Next:\n- /);
    const shop = join(folder, 'shop');
    const subscriber = await rollcall(shop, 'new', 'subscriber', 'coupons', '--of', 'item-events');
    expect([subscriber.code, subscriber.stderr]).toEqual([0, '']);
    expect(subscriber.stdout).toContain('changed  infra/app.ts');
    const service = await rollcall(shop, 'new', 'service', 'orders');
    expect([service.code, service.stderr]).toEqual([0, '']);
    expect(service.stdout).toContain('written  functions/orders/');
  });

  it('refuses to add a service where there is no app', async () => {
    const { code, stderr } = await rollcall(temporaryFolder(), 'new', 'service', 'orders');
    expect([code, stderr]).toEqual([1, expect.stringContaining('This folder contains no app: it has no cdk.json.')]);
  });
});

describe('a new app', () => {
  it('overwrites no file, and writes nothing if one exists', () => {
    const root = temporaryFolder();
    writeFileSync(join(root, 'cdk.json'), 'mine');
    expect(() => writePlan(root, newApp('shop'))).toThrow('Nothing was written: cdk.json would be overwritten.');
    expect(read(root, 'cdk.json')).toBe('mine');
    expect(existsSync(join(root, 'package.json'))).toBe(false);
  });

  it.each(['Shop', '2shop', 'my-shop', 'new', '../shop', '', 'a'.repeat(21)])('cannot be called %j', (name) => {
    expect(() => newApp(name)).toThrow(`"${name}" is not a valid name`);
  });
});

describe('a new subscriber', () => {
  it('is added to the infrastructure with two lines, and only once', async () => {
    const root = shop();
    const before = read(root, 'infra/app.ts').split('\n');
    writePlan(root, await newSubscriber(root, 'stock', 'item-events', {}));
    const after = read(root, 'infra/app.ts');
    const added = after.split('\n').filter((line) => !before.includes(line));
    expect(added).toEqual([
      "import { eventConsumer as stockEventConsumer } from '../functions/stock/events.consumer.ts';",
      "app.subscriber(stockEventConsumer, { entry: 'functions/stock/events.handler.ts' });",
    ]);
    expect(after.split('\n')).toHaveLength(before.length + 2);
    expect((await newSubscriber(root, 'stock', 'item-events', {})).edits).toEqual({});
  });

  it.each([
    ['in an unknown form', (text: string) => text.replace('const app = new', 'export default new')],
    ['with two apps', (text: string) => `${text}const other = new RollcallApp(new App(), {});\n`],
    ['with two ends', (text: string) => `${text}app.finish();\n`],
  ])('does not edit infrastructure %s, and returns the lines to add', async (_, change) => {
    const root = shop();
    writeFileSync(join(root, 'infra/app.ts'), change(read(root, 'infra/app.ts')));
    const { edits, next } = await newSubscriber(root, 'stock', 'item-events', {});
    expect(edits).toEqual({});
    expect(next[0]).toContain(
      "import { eventConsumer as stockEventConsumer } from '../functions/stock/events.consumer.ts';",
    );
    expect(next[0]).toContain("app.subscriber(stockEventConsumer, { entry: 'functions/stock/events.handler.ts' });");
  });

  it('subscribes to the named topic if a file has several', async () => {
    const root = shop();
    const other = "export const anyEvents = topic('any-events', { from: '/shop/items', messages: [] });\n";
    const contracts = read(root, 'shared/items.ts').replace('export const itemEvents', `${other}$&`);
    writeFileSync(join(root, 'shared/items.ts'), contracts);
    const { files } = await newSubscriber(root, 'stock', 'item-events', {});
    expect(files['functions/stock/events.consumer.ts']).toContain('of: itemEvents,');
  });

  it('needs an existing topic; the error lists the topics', async () => {
    await expect(newSubscriber(shop(), 'stock', 'things', {})).rejects.toThrow(
      'No file of shared/ exports a topic "things"; there are: item-events.',
    );
    await expect(newSubscriber(temporaryFolder(), 'stock', 'things', {})).rejects.toThrow('contains no app');
  });

  it('of the member application reads the newest renditions, and confirms erasure as configured', async () => {
    const root = temporaryFolder();
    for (const path of ['shared', 'infra']) cpSync(join(ROOT, path), join(root, path), { recursive: true });
    const { confirmErasure } = await import(join(root, 'shared/confirm-erasure.ts'));
    const { registrationReplies } = await import(join(root, 'shared/contracts/channels.ts'));
    const { files, edits } = await newSubscriber(root, 'coupons', 'member-events', {
      subscribers: {
        'member-events': {
          sends: [registrationReplies],
          handlers: { 'rollcall.member.deactivated.v1': confirmErasure },
        },
      },
    });
    expect(files['functions/coupons/events.consumer.ts']).toContain(
      'reads: [memberRegisteredV2, memberProfileChanged, memberDeactivated],\n  sends: [registrationReplies],',
    );
    expect(files['functions/coupons/coupons.ts']).toContain(
      "'rollcall.member.deactivated.v1': confirmErasure(context),",
    );
    expect(Object.keys(edits ?? {})).toEqual(['infra/stage-stacks.ts']);
  });
});
