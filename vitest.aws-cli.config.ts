import { defineConfig } from 'vitest/config';
import { patience } from './vitest.config.ts';

/** Tests that need the AWS CLI: `npm run test:aws-cli`. */
export default defineConfig({
  test: { ...patience, include: ['test/aws-cli/*.test.ts'], globalSetup: ['test/support/synthesize.ts'] },
});
