import { defineConfig } from 'vitest/config';
import { timeouts } from './vitest.config.ts';

/** Tests that need the AWS CLI: `npm run test:aws-cli`. */
export default defineConfig({
  test: { ...timeouts, include: ['test/aws-cli/*.test.ts'], globalSetup: ['test/support/synthesize.ts'] },
});
