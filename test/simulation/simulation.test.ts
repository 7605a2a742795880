import { beforeAll, describe, expect, it } from 'vitest';
import { runScript } from '../support/run.ts';
import type { MutantResult } from './main.ts';
import { mutants } from './mutants.ts';
import { runSchedules } from './runner.ts';

const SCHEDULES = 250;
/** Most mutants are found immediately. A mutant that is not found takes half a minute. */
const MUTANTS_TIMEOUT_MS = 10 * 60_000;

async function simulate(...options: string[]): Promise<{ code: number; output: string }> {
  const { code, stdout, stderr } = await runScript('test/simulation/main.ts', ...options);
  return { code, output: stdout + stderr };
}

describe('the kit, on simulated services with every failure that AWS allows', () => {
  it.each([1, 2, 3])('keeps every guarantee, in all schedules of seed %i', async (seed) => {
    expect((await runSchedules({ seed, schedules: SCHEDULES })).failure).toBeUndefined();
  });

  it.each([1, 2])(
    'sends scheduled messages when they are due unless they are cancelled, in all schedules of seed %i',
    async (seed) => {
      expect((await runSchedules({ world: 'later', seed, schedules: SCHEDULES })).failure).toBeUndefined();
    },
  );

  it.each([1, 2])(
    'executes each step of a process once, or compensates it, in all schedules of seed %i',
    async (seed) => {
      expect((await runSchedules({ world: 'sagas', seed, schedules: SCHEDULES })).failure).toBeUndefined();
    },
  );
});

describe('the checker', () => {
  let results: MutantResult[];

  beforeAll(async () => {
    results = JSON.parse((await simulate('--mutants', '--json')).output);
  }, MUTANTS_TIMEOUT_MS);

  it.each(mutants)('finds the mutant $name', ({ name }) => {
    expect(results.find((one) => one.name === name)).toMatchObject({ isFound: true });
  });
});

describe('npm run simulate', () => {
  it('simplifies a failing schedule, prints its trace, and prints the command that runs only this schedule', async () => {
    const found = await simulate('--mutant', 'no-gap-check', '--schedules', '5000');
    expect(found.code).toBe(1);
    expect(found.output).toMatch(/\d\d:\d\d:\d\d {2}register-1 starts/);
    expect(found.output).toContain('G3 violated');
    const [, again = ''] = /npm run simulate -- (.*)/.exec(found.output) ?? [];
    const alone = await simulate(...again.split(' '));
    const violations = (output: string) => output.split('\n').filter((line) => line.includes('violated'));
    expect(violations(alone.output)).toEqual(violations(found.output));
    // Without the mutant, the same schedule passes.
    expect((await simulate(...again.replace(' --mutant no-gap-check', '').split(' '))).code).toBe(0);
  });

  it('refuses an unknown mutant, and lists the known ones', async () => {
    expect(await simulate('--mutant', 'x')).toMatchObject({ code: 1, output: expect.stringContaining('no-gap-check') });
  });
});
