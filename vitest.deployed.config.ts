import { defineConfig } from 'vitest/config';
import { timeouts } from './vitest.config.ts';

/**
 * The end-to-end suite against a deployed stage: `npm run test:deployed`. It needs no CloudFormation templates, so it
 * does not run test/support/synthesize.ts.
 */
export default defineConfig({ test: { ...timeouts, include: ['test/e2e/*.test.ts'] } });
