import { join } from 'node:path';
import { defineConfig } from 'vitest/config';

// Each file has a process of its own, which imports the SDK, perhaps CDK: compiled before, a third of what a file costs is saved.
process.env.NODE_COMPILE_CACHE ??= join(import.meta.dirname, 'node_modules/.cache/compile');

/** What all the other tests used is looked at when they have ended. */
const LAST = 'test/security/grants.test.ts';

// Waiting for a condition ends by itself; this is for a condition that never comes.
export const patience = { testTimeout: 120_000, hookTimeout: 120_000 };

const synthesized = { ...patience, globalSetup: ['test/support/synthesize.ts'] };

/** What AWS does, stated so that it can be asked of any endpoint: `npm run test:fidelity`. */
const fidelity = {
  test: {
    ...patience,
    name: 'fidelity',
    include: ['test/fidelity/*.test.ts'],
    globalSetup: ['test/fidelity/setup.ts'],
  },
};

export default defineConfig({
  test: {
    maxWorkers: 2,
    reporters: ['default', './test/support/slowest.ts'],
    projects: [
      'examples/*',
      { test: { ...patience, name: 'alone', include: ['test/{docs,guides,simulation,unit}/**/*.test.ts'] } },
      fidelity,
      {
        test: {
          ...synthesized,
          name: 'synthesized',
          include: ['test/{templates,integration,security,e2e}/**/*.test.ts'],
          exclude: [LAST],
          sequence: { groupOrder: 0 },
        },
      },
      { test: { ...synthesized, name: 'last', include: [LAST], sequence: { groupOrder: 1 } } },
    ],
  },
});
