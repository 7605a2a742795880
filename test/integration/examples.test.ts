import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { root } from '../support/run.ts';

it.each(['orders', 'rides', 'coupons'])(
  'npm start and npm run ops work in the folder of the example %s after npm ci',
  async (name) => {
    const cwd = join(root, 'examples', name);
    for (const script of ['start', 'ops']) {
      const { stdout } = await promisify(execFile)('npm', ['run', '--silent', script, '--', '--help'], { cwd });
      expect(stdout).toContain(`Usage: npm ${script === 'start' ? 'start' : 'run ops'} --`);
    }
  },
);
