import { defineConfig } from 'vitest/config';
import { patience } from './vitest.config.ts';

/** The end-to-end suite against a deployed stage: `npm run test:deployed`. It synthesizes nothing. */
export default defineConfig({ test: { ...patience, include: ['test/e2e/*.test.ts'] } });
