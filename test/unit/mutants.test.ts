import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { mutants as securityMutants } from '../security/mutants/list.ts';
import { mutants as simulationMutants } from '../simulation/mutants.ts';
import { root } from '../support/run.ts';

it.each([...securityMutants, ...simulationMutants])(
  'the mutant "$name" matches its source exactly once',
  ({ file, from }) => {
    expect(readFileSync(join(root, file), 'utf8').split(from).length - 1).toBe(1);
  },
);
