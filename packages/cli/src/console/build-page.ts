import { build } from 'vite';

// Builds the page into a folder. In a separate process, because bundling blocks a thread for seconds.
const [outDir] = process.argv.slice(2);
if (!outDir) throw new Error('Name the folder to build into.');
await build({
  configFile: new URL('web/vite.config.ts', import.meta.url).pathname,
  logLevel: 'warn',
  build: { outDir },
});
