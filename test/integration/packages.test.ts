import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildPackages } from '../../ops/packages/build.ts';

describe('@rollcall/kit, installed into an empty folder', () => {
  const folder = mkdtempSync(join(tmpdir(), 'rollcall-packages-'));
  const run = (command: string, ...options: string[]) =>
    execFileSync(command, options, { cwd: folder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });

  beforeAll(() => {
    const kit = buildPackages(join(folder, 'built')).get('@rollcall/kit') ?? '';
    const [{ filename }] = JSON.parse(run('npm', 'pack', kit, '--json')) as [{ filename: string }];
    writeFileSync(join(folder, 'package.json'), JSON.stringify({ type: 'module', private: true }));
    run('npm', 'install', filename, '--prefer-offline', '--ignore-scripts', '--no-audit', '--no-fund');
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('runs as JavaScript', () => {
    const program = `
      import { decide } from '@rollcall/kit/messaging/cursor';
      import { Problem } from '@rollcall/kit/http/problems';
      console.log(decide({ version: 1 }, 2).action, new Problem('busy', 'later').status);`;
    writeFileSync(join(folder, 'program.js'), program);
    expect(run(process.execPath, 'program.js')).toBe('apply 503\n');
  });

  it('tells its types to a program in TypeScript', () => {
    const program = (version: string) => `
      import { type Cursor, decide } from '@rollcall/kit/messaging/cursor';
      const cursor: Cursor = { version: ${version} };
      export const { action } = decide(cursor, 2);`;
    const tsc = join(import.meta.dirname, '../../node_modules/typescript/bin/tsc');
    const check = () => run(process.execPath, tsc, '--noEmit', '--strict', '--module', 'nodenext', 'program.ts');
    writeFileSync(join(folder, 'program.ts'), program('1'));
    expect(check()).toBe('');
    writeFileSync(join(folder, 'program.ts'), program("'1'"));
    expect(check).toThrow();
  });

  it('has dependencies that it needs, and neither CDK nor an emulator', () => {
    const installed = run('npm', 'ls', '--all', '--parseable');
    expect(installed).toContain(join('node_modules', 'zod'));
    expect(installed).not.toMatch(/aws-cdk|fauxqs|dynoxide|vitest|commander/);
  });
});
