import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildPackages } from '../../ops/packages/build.ts';

const own = JSON.parse(readFileSync(join(import.meta.dirname, '../../packages/kit/package.json'), 'utf8'));

describe('@rollcall/kit, installed into an empty folder', () => {
  const folder = mkdtempSync(join(tmpdir(), 'rollcall-packages-'));
  const run = (command: string, ...options: string[]) =>
    execFileSync(command, options, { cwd: folder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });

  beforeAll(() => {
    const kit = buildPackages(join(folder, 'built')).get('@rollcall/kit') ?? '';
    const [{ filename }] = JSON.parse(run('npm', 'pack', kit, '--json')) as [{ filename: string }];
    const dependencies = { zod: own.dependencies.zod };
    writeFileSync(join(folder, 'package.json'), JSON.stringify({ type: 'module', private: true, dependencies }));
    run('npm', 'install', filename, '--prefer-offline', '--ignore-scripts', '--no-audit', '--no-fund');
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const modules = readdirSync(join(import.meta.dirname, '../../packages/kit/src'), {
    recursive: true,
    encoding: 'utf8',
  })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => `@rollcall/kit/${file.replace(/\.ts$/, '')}`);

  it('runs as JavaScript, each module', () => {
    const program = `
      ${modules.map((module) => `import '${module}';`).join('\n')}
      import { decide } from '@rollcall/kit/messaging/cursor';
      console.log(decide({ version: 1 }, 2).action);`;
    writeFileSync(join(folder, 'program.js'), program);
    expect(run(process.execPath, 'program.js')).toBe('apply\n');
  });

  it('tells its types to a program in TypeScript', () => {
    const program = (capability: string) => `
      import { defineConsumer } from '@rollcall/kit/contracts/consumer';
      import { subscriberFunctions } from '@rollcall/kit/messaging/subscriber-functions';
      import { created, orders } from './contract.js';
      const stock = defineConsumer('stock', {
        ...{ source: '/shop/stock', of: orders, reads: [created], cursorKey: 'stock' },
        capability: ${capability},
      });
      export const { consume, sweep } = subscriberFunctions(stock, () => ({
        'shop.order.created.v1': ({ data }) => ({ set: { quantity: data.quantity.toFixed() } }),
      }));`;
    const contract = `
      import type { Channel } from '@rollcall/kit/contracts/channel';
      import type { MessageContract } from '@rollcall/kit/contracts/contract';
      import * as z from 'zod';
      const data = z.object({ quantity: z.number() });
      export const created = { type: 'shop.order.created.v1', kind: 'event', data } as const satisfies MessageContract;
      export const orders = {
        ...{ name: 'order-events', kind: 'topic', ordered: true, description: 'Orders.', format: 'application/json' },
        senders: ['/shop/orders'],
        messages: [created],
      } as const satisfies Channel;`;
    const tsc = join(import.meta.dirname, '../../node_modules/typescript/bin/tsc');
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
