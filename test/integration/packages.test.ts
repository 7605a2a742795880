import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildPackages, ROOT } from '../../ops/packages/build.ts';
import { differingReports } from '../../ops/packages/reports.ts';

const own = JSON.parse(readFileSync(join(ROOT, 'packages/kit/package.json'), 'utf8'));

mkdirSync(join(ROOT, 'dist'), { recursive: true });
// Below the project, so that the types of what packages depend on are found.
const built = mkdtempSync(join(ROOT, 'dist/packages-'));
const packages = buildPackages(built);
afterAll(() => rmSync(built, { recursive: true, force: true }));

describe.each([...packages])('%s, as it is published', (_, folder) => {
  const tool = (bin: string, ...options: string[]) =>
    spawnSync(process.execPath, [join(ROOT, 'node_modules', bin), ...options], { encoding: 'utf8' });

  it('is taken by package managers, bundlers and Node.js', () => {
    expect(tool('publint/src/cli.js', 'run', folder, '--strict').stdout).toContain('All good!');
  });

  it('has types that are found from ESM', () => {
    const { stdout, status } = tool('@arethetypeswrong/cli/dist/index.js', '--pack', folder, '--profile', 'esm-only');
    expect([status, stdout]).toEqual([0, expect.anything()]);
  });

  it('has the public surface that docs/api says (a change is written there by npm run packages)', () => {
    expect(differingReports([folder], false)).toEqual([]);
  });
});

describe('@rollcall/kit, installed into an empty folder', () => {
  const folder = mkdtempSync(join(tmpdir(), 'rollcall-packages-'));
  const run = (command: string, ...options: string[]) =>
    execFileSync(command, options, { cwd: folder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });

  beforeAll(() => {
    const kit = packages.get('@rollcall/kit') ?? '';
    const [{ filename }] = JSON.parse(run('npm', 'pack', kit, '--json')) as [{ filename: string }];
    const dependencies = { zod: own.dependencies.zod };
    writeFileSync(join(folder, 'package.json'), JSON.stringify({ type: 'module', private: true, dependencies }));
    run('npm', 'install', filename, '--prefer-offline', '--ignore-scripts', '--no-audit', '--no-fund');
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const modules = readdirSync(join(ROOT, 'packages/kit/src'), {
    recursive: true,
    encoding: 'utf8',
  })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => file.replace(/\.ts$/, ''))
    .map((path) => `@rollcall/kit/${path.includes('/') ? `internal/${path}` : path}`);

  it('runs as JavaScript, each module', () => {
    const program = `
      ${modules.map((module) => `import '${module}';`).join('\n')}
      import { decide } from '@rollcall/kit/internal/messaging/cursor';
      console.log(decide({ version: 1 }, 2).action);`;
    writeFileSync(join(folder, 'program.js'), program);
    expect(run(process.execPath, 'program.js')).toBe('apply\n');
  });

  it('tells its types to a program in TypeScript', () => {
    const program = (capability: string) => `
      import { defineConsumer } from '@rollcall/kit/contracts';
      import { subscriberFunctions } from '@rollcall/kit/messaging';
      import { created, orders } from './contract.js';
      const stock = defineConsumer('stock', {
        ...{ source: '/shop/stock', of: orders, reads: [created], cursorKey: 'stock' },
        capability: ${capability},
      });
      export const { consume, sweep } = subscriberFunctions(stock, () => ({
        'shop.order.created.v1': ({ data }) => ({ set: { quantity: data.quantity.toFixed() } }),
      }));`;
    const contract = `
      import type { Channel, MessageContract } from '@rollcall/kit/contracts';
      import * as z from 'zod';
      const data = z.object({ quantity: z.number() });
      export const created = { type: 'shop.order.created.v1', kind: 'event', data } as const satisfies MessageContract;
      export const orders = {
        ...{ name: 'order-events', kind: 'topic', ordered: true, description: 'Orders.', format: 'application/json' },
        senders: ['/shop/orders'],
        messages: [created],
      } as const satisfies Channel;`;
    const tsc = join(ROOT, 'node_modules/typescript/bin/tsc');
    const options = ['--noEmit', '--strict', '--skipLibCheck', '--module', 'nodenext', '--pretty', 'false'];
    const check = () =>
      spawnSync(process.execPath, [tsc, ...options, 'program.ts'], { cwd: folder, encoding: 'utf8' }).stdout;
    writeFileSync(join(folder, 'contract.ts'), contract);
    writeFileSync(join(folder, 'program.ts'), program("'stock'"));
    expect(check()).toBe('');
    writeFileSync(join(folder, 'program.ts'), program('1'));
    expect(check()).toMatch(/^program\.ts\(\d+,\d+\): error TS2322: Type 'number' is not assignable to type 'string'/);
  });

  it('has dependencies that it needs, and neither CDK nor an emulator; its schemas are made with the zod that is there', () => {
    const installed = run('npm', 'ls', '--all', '--parseable');
    expect(installed.split('\n').filter((path) => path.endsWith(join('node_modules', 'zod')))).toHaveLength(1);
    expect(installed).not.toMatch(/aws-cdk|fauxqs|dynoxide|vitest|commander/);
  });
});
