import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { buildPackages, ROOT, TSC } from '../../ops/packages/build.ts';
import { surfaceFindings } from '../../ops/packages/reports.ts';
import about from '../../package.json' with { type: 'json' };
import { startTestCloud, type TestCloud } from '../support/cloud.ts';
import { runNode } from '../support/run.ts';

const kitManifest = JSON.parse(readFileSync(join(ROOT, 'packages/kit/package.json'), 'utf8'));

mkdirSync(join(ROOT, 'dist'), { recursive: true });
// The folder is inside the project, so that TypeScript finds the types of dependencies.
const built = mkdtempSync(join(ROOT, 'dist/packages-'));
const packages = buildPackages(built);
afterAll(() => rmSync(built, { recursive: true, force: true }));

describe.each([...packages])('the published package %s', (_, folder) => {
  const tool = (bin: string, ...options: string[]) =>
    spawnSync(process.execPath, [join(ROOT, 'node_modules', bin), ...options], { encoding: 'utf8' });

  it('works with package managers, bundlers and Node.js', () => {
    expect(tool('publint/src/cli.js', 'run', folder, '--strict').stdout).toContain('All good!');
  });

  it('has types that resolve from ESM', () => {
    const { stdout, status } = tool('@arethetypeswrong/cli/dist/index.js', '--pack', folder, '--profile', 'esm-only');
    expect([status, stdout]).toEqual([0, expect.anything()]);
  });

  it('has the public surface in docs/api (npm run packages writes changes there)', () => {
    expect(surfaceFindings([folder], false)).toEqual([]);
  });
});

describe('@rollcall/kit, installed into an empty folder', () => {
  const folder = mkdtempSync(join(tmpdir(), 'rollcall-packages-'));
  const run = (command: string, ...options: string[]) =>
    execFileSync(command, options, { cwd: folder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });

  beforeAll(() => {
    const kit = packages.get('@rollcall/kit') ?? '';
    const [{ filename }] = JSON.parse(run('npm', 'pack', kit, '--json')) as [{ filename: string }];
    const { peerDependencies } = JSON.parse(readFileSync(join(kit, 'package.json'), 'utf8'));
    const dependencies = Object.fromEntries(
      Object.keys(peerDependencies).map((name) => [name, kitManifest.dependencies[name]]),
    );
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

  it('has modules that run as JavaScript', () => {
    const program = `
      ${modules.map((module) => `import '${module}';`).join('\n')}
      import { decide } from '@rollcall/kit/internal/messaging/cursor';
      console.log(decide({ version: 1 }, 2).action);`;
    writeFileSync(join(folder, 'program.js'), program);
    expect(run(process.execPath, 'program.js')).toBe('apply\n');
  });

  it('provides types to a TypeScript program', () => {
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
    const options = ['--noEmit', '--strict', '--skipLibCheck', '--module', 'nodenext', '--pretty', 'false'];
    const check = () =>
      spawnSync(process.execPath, [TSC, ...options, 'program.ts'], { cwd: folder, encoding: 'utf8' }).stdout;
    writeFileSync(join(folder, 'contract.ts'), contract);
    writeFileSync(join(folder, 'program.ts'), program("'stock'"));
    expect(check()).toBe('');
    writeFileSync(join(folder, 'program.ts'), program('1'));
    expect(check()).toMatch(/^program\.ts\(\d+,\d+\): error TS2322: Type 'number' is not assignable to type 'string'/);
  });

  it('has only necessary dependencies, without CDK and emulators, and one copy of zod', () => {
    const installed = run('npm', 'ls', '--all', '--parseable');
    expect(installed.split('\n').filter((path) => path.endsWith(join('node_modules', 'zod')))).toHaveLength(1);
    expect(installed).not.toMatch(/aws-cdk|fauxqs|dynoxide|vitest|commander/);
  });
});

describe('rollcall, installed into an empty folder', () => {
  const folder = mkdtempSync(join(tmpdir(), 'rollcall-package-'));
  let cloud: TestCloud;
  beforeAll(async () => {
    cloud = await startTestCloud();
    const npm = (...options: string[]) => execFileSync('npm', options, { cwd: folder, encoding: 'utf8' });
    const filename = npm('pack', '--silent', packages.get('rollcall') ?? '').trim();
    writeFileSync(join(folder, 'package.json'), '{"private":true,"type":"module"}');
    // --omit=peer would need the registry's data about the peer dependencies, which `npm ci` does not cache.
    npm('install', '--offline', '--no-audit', '--no-fund', '--legacy-peer-deps', `./${filename}`);
  });
  afterAll(async () => {
    await cloud.stop();
    rmSync(folder, { recursive: true });
  });

  const rollcall = (...options: string[]) =>
    runNode(['node_modules/rollcall/rollcall.mjs', ...options], {}, '', folder);

  it('needs no other package, and no folder of an app', async () => {
    expect(readdirSync(join(folder, 'node_modules')).filter((name) => !name.startsWith('.'))).toEqual(['rollcall']);
    expect((await rollcall('--version')).stdout.trim()).toBe(about.version);
    const help = await rollcall('ops', 'replay', '--help');
    expect(help.stdout).toContain('Example: rollcall ops replay fulfilment --since 2h');
    expect((await rollcall('start', '--help')).stdout).toContain('Example: rollcall start --memory');
    const { endpointUrl } = cloud;
    const { code, stdout, stderr } = await rollcall('ops', 'queues', '--json', '--endpoint', endpointUrl);
    expect([code, stderr]).toEqual([0, '']);
    expect(JSON.parse(stdout)).toContainEqual({ queue: 'rollcall-dev-sms.fifo', visible: 0, inFlight: 0 });
    const drawn = await rollcall('ops', 'topology', '--endpoint', endpointUrl);
    expect(drawn.stdout).toContain('stream → registration-outbox-relay');
    const elsewhere = await rollcall('ops', 'queues', '--stage', 'prod');
    expect([elsewhere.code, elsewhere.stderr]).toEqual([1, expect.stringContaining('Pass --app')]);
  });

  it('contains the page of the console', async () => {
    const { endpointUrl } = cloud;
    const options = ['console', '--json', '--port', '0', '--endpoint', endpointUrl];
    const child = spawn(process.execPath, ['node_modules/rollcall/rollcall.mjs', ...options], { cwd: folder });
    onTestFinished(() => void child.kill());
    let output = '';
    for await (const chunk of child.stdout) {
      output += chunk;
      if (output.includes('}')) break;
    }
    const { url } = JSON.parse(output) as { url: string };
    expect(await (await fetch(url)).text()).toContain('/console/assets/');
    const about = (await (await fetch(`${url}console/api/about`)).json()) as { form?: object };
    // Without an app, there is no form for new aggregates.
    expect(about.form).toBeUndefined();
    expect(about).toMatchObject({ capabilities: { guide: ['pause', 'skip', 'english-only'] } });
  });

  it('includes the commands of a rollcall.config.js', async () => {
    const config = `
      import { Command, OperatorError, defineApp, onStage } from 'rollcall/app';
      const greet = new Command('greet').action(onStage(async (stage) => { throw new OperatorError(\`hello \${stage.app}\`); }));
      export default defineApp({ name: 'shop', commands: [greet] });`;
    const file = join(folder, 'rollcall.config.js');
    writeFileSync(file, config);
    onTestFinished(() => rmSync(file));
    expect(await rollcall('ops', 'greet')).toMatchObject({ code: 1, stderr: 'hello shop\n' });
  });
});

describe('examples/orders, in a folder of its own, with the published packages', () => {
  const folder = mkdtempSync(join(tmpdir(), 'rollcall-orders-'));
  const PATH = [dirname(process.execPath), process.env.PATH].join(delimiter);
  const spawnOptions = { cwd: folder, encoding: 'utf8', env: { ...process.env, PATH, NO_COLOR: '1' } } as const;
  const run = (command: string, ...options: string[]) => {
    const { status, stdout, stderr } = spawnSync(command, options, spawnOptions);
    return { status, output: `${stdout}${stderr}` };
  };
  const rollcall = (...options: string[]) => run('npx', '--no', 'rollcall', ...options);

  beforeAll(() => {
    cpSync(join(ROOT, 'examples/orders'), folder, {
      recursive: true,
      filter: (path) => !/[/](node_modules|cdk[.]out|[.]rollcall)$/.test(path),
    });
    const tarballs = [...packages].map(([name, from]) => {
      const [{ filename }] = JSON.parse(run('npm', 'pack', from, '--json', '--silent').output);
      return [name, `file:${filename}`] as const;
    });
    const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
    const packed = Object.fromEntries(tarballs.filter(([name]) => name in manifest.devDependencies));
    Object.assign(manifest.devDependencies, packed);
    manifest.dependencies['@rollcall/kit'] = Object.fromEntries(tarballs)['@rollcall/kit'];
    writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest));
    const installed = run('npm', 'install', '--prefer-offline', '--ignore-scripts', '--no-audit', '--no-fund');
    expect(installed).toMatchObject({ status: 0 });
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('compiles, and passes its tests', () => {
    expect(run('npm', 'run', '--silent', 'check')).toEqual({ status: 0, output: '' });
    const tested = run('npm', 'test');
    expect(tested.output).toMatch(/Tests +\d+ passed \(/);
    expect(tested.status).toBe(0);
  });

  it('is synthesized by the CDK CLI', () => {
    expect(run('npx', '--no', 'cdk', 'synth', '--quiet')).toMatchObject({ status: 0 });
    expect(readdirSync(join(folder, 'cdk.out'))).toContain('shop-dev-orders.template.json');
  });

  it('runs on this machine, with the operator commands and the console', async () => {
    const port = 20_000 + (process.pid % 20_000);
    const child = spawn(
      join(folder, 'node_modules/.bin/rollcall'),
      ['start', '--memory', '--port', String(port)],
      spawnOptions,
    );
    onTestFinished(() => void child.kill('SIGKILL'));
    let output = '';
    for await (const chunk of child.stdout) {
      output += chunk;
      if (output.includes('Ctrl-C')) break;
    }
    expect(output).toContain('Place an order');
    const [apiUrl = '', endpoint = ''] = ['API', 'AWS'].map((name) => new RegExp(`${name} +(\\S+)`).exec(output)?.[1]);
    const ops = (...options: string[]) => rollcall('ops', ...options, '--endpoint', endpoint);

    const authorization = `Bearer ${ops('token').output.trim()}`;
    const headers = { authorization, 'content-type': 'application/json' };
    const body = JSON.stringify({ item: 'a book', quantity: 2, cents: 1_999 });
    const placed = await fetch(`${apiUrl}/orders`, { method: 'POST', headers, body });
    expect(placed.status).toBe(201);
    expect(JSON.parse(ops('queues', '--json').output)).toContainEqual({
      queue: 'shop-dev-payments.fifo',
      visible: expect.any(Number),
      inFlight: expect.any(Number),
    });
    expect(ops('topology').output).toContain('fulfilment');
    expect(ops('doctor').status).toBe(0);
    expect(await (await fetch(`${apiUrl}/`)).text()).toContain('<div id="root">');
  });
});
