import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

/** The page is served at `/`, its assets and API under `/console/`. Output: see `cli/src/console/build-page.ts`. */
export default defineConfig({
  root: import.meta.dirname,
  base: '/console/',
  plugins: [react()],
  build: {
    emptyOutDir: true,
    // Flow and charts are separate chunks; the first chunk is mostly Mantine.
    // The first browsers with light-dark(). For older ones, Vite would emit a fallback that Mantine cannot set.
    cssTarget: ['chrome123', 'firefox120', 'safari17.5'],
    chunkSizeWarningLimit: 900,
  },
});
