import { defineConfig } from 'vitest/config';

// Only for conditions that never hold: tests wait for conditions, not for times.
export default defineConfig({ test: { testTimeout: 600_000, hookTimeout: 600_000 } });
