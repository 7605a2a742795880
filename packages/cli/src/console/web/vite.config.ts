import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

/** The page is served at `/`, its assets and its API under `/console/`. Who builds it says where to: `packages/cli/src/console/build-page.ts`. */
export default defineConfig({
  root: import.meta.dirname,
  base: '/console/',
  plugins: [react()],
  build: {
    emptyOutDir: true,
    // Flow and charts come in pieces of their own; Mantine is what the first piece is made of.
    // The first that know light-dark(): for older ones it would be replaced by what Mantine's styles cannot set.
    cssTarget: ['chrome123', 'firefox120', 'safari17.5'],
    chunkSizeWarningLimit: 900,
  },
});
