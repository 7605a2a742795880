import { defineConfig } from 'vitest/config';

// Tests wait for conditions, not for times. These limits end tests whose condition never holds.
export default defineConfig({ test: { testTimeout: 600_000, hookTimeout: 600_000 } });
