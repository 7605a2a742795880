import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { newApp } from 'rollcall/internal/new/app';
import { carryOut } from 'rollcall/internal/new/plan';
import { newSubscriber } from 'rollcall/internal/new/subscriber';
import { describe, expect, it, onTestFinished } from 'vitest';

const ROOT = join(import.meta.dirname, '../..');

/** Below the project, so that what apps depend on is found. */
function temporaryFolder(): string {
  mkdirSync(join(ROOT, 'dist'), { recursive: true });
  const folder = mkdtempSync(join(ROOT, 'dist/generator-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return folder;
}

function shop(): string {
  const root = temporaryFolder();
  carryOut(root, newApp('shop'));
  return root;
}

const read = (root: string, path: string) => readFileSync(join(root, path), 'utf8');

/** Nothing but errors of types; `tsc` prints them to its standard output. */
const typeErrors = (root: string) =>
  spawnSync(process.execPath, [join(ROOT, 'node_modules/typescript/bin/tsc'), '-p', root, '--pretty', 'false'], {
    encoding: 'utf8',
  }).stdout;

describe('a new app', () => {
  it('compiles, with a subscriber of its topic; what is wrong beside them does not', async () => {
    const root = shop();
    carryOut(root, await newSubscriber(root, 'stock', 'item-events', {}));
    const wrong = `import { stockHandlers } from '../functions/stock/stock.ts';\n\nexport const wrong: 1 = stockHandlers();\n`;
    writeFileSync(join(root, 'test/wrong.ts'), wrong);
    expect(typeErrors(root).match(/\S+\(\d+,\d+\): error/g)).toEqual([
      expect.stringContaining('test/wrong.ts(3,14): error'),
    ]);
  });

  it('overwrites nothing, and then writes nothing', () => {
    const root = temporaryFolder();
    writeFileSync(join(root, 'cdk.json'), 'mine');
    expect(() => carryOut(root, newApp('shop'))).toThrow('Nothing was written: cdk.json would be overwritten.');
    expect(read(root, 'cdk.json')).toBe('mine');
    expect(existsSync(join(root, 'package.json'))).toBe(false);
  });

  it.each(['Shop', '2shop', 'my-shop', '../shop', '', 'a'.repeat(21)])('is not called %j', (name) => {
    expect(() => newApp(name)).toThrow(`"${name}" cannot be a name`);
  });
});

describe('a new subscriber', () => {
  it('is wired in by two lines, and once', async () => {
    const root = shop();
    const before = read(root, 'infra/app.ts').split('\n');
    carryOut(root, await newSubscriber(root, 'stock', 'item-events', {}));
    const after = read(root, 'infra/app.ts');
    const added = after.split('\n').filter((line) => !before.includes(line));
    expect(added).toEqual([
      "import { eventConsumer as stockEvents } from '../functions/stock/events.consumer.ts';",
      "app.subscriber(stockEvents, { entry: 'functions/stock/events.handler.ts' });",
    ]);
    expect(after.split('\n')).toHaveLength(before.length + 2);
    expect((await newSubscriber(root, 'stock', 'item-events', {})).edits).toBeUndefined();
  });

  it.each([
    ['another form', (text: string) => text.replace('const app = new', 'export default new')],
    ['two apps', (text: string) => `${text}const other = new RollcallApp(new App(), {});\n`],
    ['two ends', (text: string) => `${text}app.finish();\n`],
  ])('leaves infrastructure of %s as it is, and says which lines to add', async (_, change) => {
    const root = shop();
    writeFileSync(join(root, 'infra/app.ts'), change(read(root, 'infra/app.ts')));
    const { edits, next } = await newSubscriber(root, 'stock', 'item-events', {});
    expect(edits).toBeUndefined();
    expect(next[0]).toContain("import { eventConsumer as stockEvents } from '../functions/stock/events.consumer.ts';");
    expect(next[0]).toContain("app.subscriber(stockEvents, { entry: 'functions/stock/events.handler.ts' });");
  });

  it('is of the topic that is named, where a file has several', async () => {
    const root = shop();
    const other = "export const anyEvents = topic('any-events', { from: '/shop/items', messages: [] });\n";
    const contracts = read(root, 'shared/contracts.ts').replace('export const itemEvents', `${other}$&`);
    writeFileSync(join(root, 'shared/contracts.ts'), contracts);
    const { files } = await newSubscriber(root, 'stock', 'item-events', {});
    expect(files['functions/stock/events.consumer.ts']).toContain('of: itemEvents,');
  });

  it('is of a topic that there is, which the refusal names', async () => {
    await expect(newSubscriber(shop(), 'stock', 'things', {})).rejects.toThrow(
      'No file of shared/ exports a topic "things"; there are: item-events.',
    );
    await expect(newSubscriber(temporaryFolder(), 'stock', 'things', {})).rejects.toThrow('no folder of an app');
  });

  it('of the member application reads the newest renditions, and confirms erasure as its app says', async () => {
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
