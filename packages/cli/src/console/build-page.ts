import { build } from 'vite';

// Builds the page into a folder. This runs in a separate process, because bundling blocks a thread for seconds.
const [outDir] = process.argv.slice(2);
if (!outDir) throw new Error('Pass the output folder.');
await build({
  configFile: new URL('web/vite.config.ts', import.meta.url).pathname,
  logLevel: 'warn',
  build: { outDir },
});
