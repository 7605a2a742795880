import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { close as closeInspector, open as openInspector } from 'node:inspector';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { synthesize } from '@rollcall/local/internal/synthesize';
import { synthesizeChanged } from '@rollcall/local/internal/synthesize-changed';
import { expect, it, onTestFinished, vi } from 'vitest';

const installed = (version: string) =>
  JSON.stringify({
    packages: {
      'node_modules/one': { version },
      'node_modules/kit': { link: true, resolved: '../kit' },
    },
  });

/** An app that counts its syntheses, and the package `kit` that the app links. */
function countingApp(place = 'app') {
  const folder = mkdtempSync(join(tmpdir(), 'rollcall-counting-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  let seconds = 0;
  const write = (file: string, text: string) => {
    const path = join(folder, file);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
    // Each write gets a new time, because two writes of the same size may be within one tick of the clock.
    seconds += 1;
    utimesSync(path, seconds, seconds);
  };
  const counted = `${folder}-runs`;
  writeFileSync(counted, '');
  onTestFinished(() => rmSync(counted));
  write(`${place}/cdk.json`, JSON.stringify({ app: 'node app.js' }));
  write(
    `${place}/app.js`,
    `const { appendFileSync, mkdirSync, writeFileSync } = require('node:fs');
     appendFileSync(${JSON.stringify(counted)}, 'x');
     if (process.env.BROKEN) throw new Error('it is broken');
     mkdirSync('cdk.out', { recursive: true });
     writeFileSync('cdk.out/manifest.json', '{}');`,
  );
  write(`${place}/node_modules/.package-lock.json`, installed('1.0.0'));
  write('kit/index.js', '1');
  write('elsewhere/linked.ts', '1');
  symlinkSync(join(folder, 'elsewhere'), join(folder, place, 'linked'));
  symlinkSync('.', join(folder, place, 'round'));
  const app = join(folder, place);
  const runs = () => readFileSync(counted, 'utf8').length;
  return {
    write,
    path: (file: string) => join(folder, file),
    remove: (path: string) => rmSync(join(folder, path), { recursive: true }),
    /** Synthesizes the app if necessary. @returns whether the app ran */
    async synthesized(more: Parameters<typeof synthesizeChanged>[1] = {}): Promise<boolean> {
      const before = runs();
      await synthesizeChanged(join(app, 'cdk.out'), { root: app, ...more });
      return runs() > before;
    },
    first: () => synthesizeChanged(join(app, 'cdk.out'), { root: app }),
  };
}

it('an app is synthesized again when an input of its assembly, or the assembly, has changed', async () => {
  const { write, path, first, synthesized } = countingApp();
  await first();
  expect(await synthesized()).toBe(false);
  const changes: Array<[file: string, text: string]> = [
    ['app/infra/stack.ts', 'new'],
    ['app/infra/stack.ts', 'old'],
    ['app/.env', 'SETTING=1'],
    ['app/.config/settings.json', '{}'],
    ['app/node_modules/.package-lock.json', installed('1.0.1')],
    ['kit/index.js', '2'],
    ['elsewhere/linked.ts', '2'],
    ['app/cdk.out/manifest.json', '[]'],
  ];
  for (const [file, text] of changes) {
    write(file, text);
    expect([file, await synthesized(), await synthesized()]).toEqual([file, true, false]);
  }
  chmodSync(path('app/infra/stack.ts'), 0o755);
  expect([await synthesized(), await synthesized()]).toEqual([true, false]);
  onTestFinished(() => void vi.unstubAllEnvs());
  for (const setting of ['OTHER_SETTING', 'npm_config_stage']) {
    vi.stubEnv(setting, '1');
    expect([setting, await synthesized(), await synthesized()]).toEqual([setting, true, false]);
  }
  openInspector(0, '127.0.0.1');
  onTestFinished(closeInspector);
  expect(['for a debugger', await synthesized(), await synthesized()]).toEqual(['for a debugger', true, false]);
});

it('an app is always synthesized with `always`; otherwise an unchanged app is reported', async () => {
  const { first, synthesized } = countingApp();
  await first();
  let unchanged = 0;
  const onUnchanged = () => void unchanged++;
  expect([await synthesized({ always: true, onUnchanged }), unchanged]).toEqual([true, 0]);
  expect([await synthesized({ onUnchanged }), unchanged]).toEqual([false, 1]);
});

it('an app with an unreadable file is always synthesized', async () => {
  const { path, first, synthesized } = countingApp();
  await first();
  symlinkSync('itself', path('app/itself'));
  expect([await synthesized(), await synthesized()]).toEqual([true, true]);
});

it('an app below a folder whose name starts with a dot is synthesized again when a file of the app has changed', async () => {
  const { write, remove, first, synthesized } = countingApp('.worktrees/one');
  remove('.worktrees/one/node_modules');
  write('node_modules/.package-lock.json', JSON.stringify({ packages: {} }));
  await first();
  expect(await synthesized()).toBe(false);
  write('.worktrees/one/infra/stack.ts', '2');
  expect([await synthesized(), await synthesized()]).toEqual([true, false]);
});

it('an app of a workspace is synthesized again when a file of the workspace other than an assembly has changed', async () => {
  const { write, remove, first, synthesized } = countingApp();
  remove('app/node_modules');
  write('node_modules/.package-lock.json', JSON.stringify({ packages: {} }));
  write('functions/coupons.ts', '1');
  await first();
  expect(await synthesized()).toBe(false);
  write('functions/coupons.ts', '2');
  expect([await synthesized(), await synthesized()]).toEqual([true, false]);
  write('cdk.out/manifest.json', '{}');
  expect(await synthesized()).toBe(false);
});

it('changes of local state, Git files and caches do not cause a synthesis', async () => {
  const { write, first, synthesized } = countingApp();
  await first();
  write('app/.rollcall/state.json', '{}');
  // The compile cache is written when functions run, after the synthesis.
  write('app/cdk.out/.compile-cache/v24/1', '1');
  write('app/.git/index', '1');
  write('app/node_modules/.cache/x', '1');
  expect(await synthesized()).toBe(false);
});

it('an app that could not be synthesized is synthesized again', async () => {
  const { first, synthesized } = countingApp();
  await first();
  vi.stubEnv('BROKEN', 'yes');
  onTestFinished(() => void vi.unstubAllEnvs());
  await expect(synthesized()).rejects.toThrow('it is broken');
  await expect(synthesized()).rejects.toThrow('it is broken');
  vi.unstubAllEnvs();
  expect(await synthesized()).toBe(true);
});

it('an app without installed packages is always synthesized', async () => {
  const { remove, first, synthesized } = countingApp();
  remove('app/node_modules');
  await first();
  expect(await synthesized()).toBe(true);
});

it('CDK validates the templates of an app for a deployment to an account, but not for a local start', async () => {
  const root = mkdtempSync(join(tmpdir(), 'rollcall-validated-'));
  onTestFinished(() => rmSync(root, { recursive: true }));
  const app = `node -e "require('node:fs').writeFileSync('seen', process.env.CDK_VALIDATION)"`;
  writeFileSync(join(root, 'cdk.json'), JSON.stringify({ app }));
  const seen = () => readFileSync(join(root, 'seen'), 'utf8');
  await synthesizeChanged(join(root, 'cdk.out'), { root });
  expect(seen()).toBe('false');
  await synthesize(join(root, 'cdk.out'), {}, { root, validates: true });
  expect(seen()).toBe('true');
});
