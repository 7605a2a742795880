import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

/** The page is served at `/`, its assets and API under `/console/`. `build-page.ts` sets the output folder. */
export default defineConfig({
  root: import.meta.dirname,
  base: '/console/',
  plugins: [react()],
  build: {
    emptyOutDir: true,
    // The first browsers with light-dark(). For older browsers, Vite would emit a fallback that ignores Mantine's color
    // scheme.
    cssTarget: ['chrome123', 'firefox120', 'safari17.5'],
    // Flow and charts are separate chunks. The first chunk is mostly Mantine.
    chunkSizeWarningLimit: 900,
  },
});
