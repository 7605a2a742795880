import { join } from 'node:path';
import { defineConfig } from 'vitest/config';

// Each test file runs in its own process, which imports the SDK and perhaps CDK. Compiling them only once saves a third
// of the time of a file.
process.env.NODE_COMPILE_CACHE ??= join(import.meta.dirname, 'node_modules/.cache/compile');

/** Compares the permissions that functions used in the other tests with the granted ones, so it runs last. */
const LAST = 'test/security/grants.test.ts';

// Tests wait for conditions. This limit ends a test whose condition never holds.
export const timeouts = { testTimeout: 120_000, hookTimeout: 120_000 };

const synthesized = { ...timeouts, globalSetup: ['test/support/synthesize.ts'] };

/** Tests of the behaviour of AWS, which can run against any endpoint: `npm run test:fidelity`. */
const fidelity = {
  test: {
    ...timeouts,
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
      { test: { ...timeouts, name: 'alone', include: ['test/{docs,guides,simulation,unit}/**/*.test.ts'] } },
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
