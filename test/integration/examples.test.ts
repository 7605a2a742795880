import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { root } from '../support/run.ts';

it.each(['orders', 'rides', 'coupons'])('%s has its commands in its folder after npm ci', async (name) => {
  const cwd = join(root, 'examples', name);
  for (const script of ['start', 'ops']) {
    const { stdout } = await promisify(execFile)('npm', ['run', '--silent', script, '--', '--help'], { cwd });
    expect(stdout).toContain(`Usage: npm ${script === 'start' ? 'start' : 'run ops'} --`);
  }
});
