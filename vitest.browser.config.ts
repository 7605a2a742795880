import { defineConfig } from 'vitest/config';
import { patience } from './vitest.config.ts';

/** Tests that need a Chromium: `npm run test:browser`. A browser and a cloud at once are enough for two cores. */
export default defineConfig({
  test: {
    ...patience,
    include: ['test/browser/*.test.ts'],
    globalSetup: ['test/support/synthesize.ts'],
    fileParallelism: false,
  },
});
