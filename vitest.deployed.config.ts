import { defineConfig } from 'vitest/config';
import { patience } from './vitest.config.ts';

/** The end-to-end suite against what is deployed, of which nothing is synthesized: `npm run test:deployed`. */
export default defineConfig({ test: { ...patience, include: ['test/e2e/*.test.ts'] } });
