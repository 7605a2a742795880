import { defineConfig } from 'vitest/config';

/** What all the other tests used is looked at when they have ended. */
const LAST = 'test/security/grants.test.ts';

// Waiting for a condition ends by itself; this is for a condition that never comes.
export const patience = { testTimeout: 120_000, hookTimeout: 60_000 };

export default defineConfig({
  test: {
    globalSetup: ['test/support/synthesize.ts'],
    maxWorkers: 2,
    projects: [
      {
        test: {
          ...patience,
          name: 'all',
          include: ['test/{unit,simulation,integration,security,e2e}/**/*.test.ts'],
          exclude: [LAST],
          sequence: { groupOrder: 0 },
        },
      },
      { test: { ...patience, name: 'last', include: [LAST], sequence: { groupOrder: 1 } } },
    ],
  },
});
