import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/{unit,simulation,integration,security,e2e}/**/*.test.ts'],
    globalSetup: ['test/support/synthesize.ts'],
    // Waiting for a condition ends by itself; this is for a condition that never comes.
    testTimeout: 120_000,
    hookTimeout: 60_000,
    maxWorkers: 2,
  },
});
