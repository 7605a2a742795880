import { defineConfig } from 'vitest/config';
import { timeouts } from './vitest.config.ts';

/**
 * Tests that need Chromium: `npm run test:browser`. One file at a time, because a browser and a cloud use two cores.
 */
export default defineConfig({
  test: {
    ...timeouts,
    include: ['test/browser/*.test.ts'],
    globalSetup: ['test/support/synthesize.ts'],
    fileParallelism: false,
  },
});
