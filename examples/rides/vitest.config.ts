import { defineConfig } from 'vitest/config';

// Waiting for a condition ends by itself; this is for a condition that never comes.
export default defineConfig({ test: { testTimeout: 600_000, hookTimeout: 600_000 } });
