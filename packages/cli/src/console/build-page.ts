import { build } from 'vite';

// The page, built into a folder. In a process of its own: bundling takes all of a thread for seconds.
const [outDir] = process.argv.slice(2);
if (!outDir) throw new Error('Name the folder to build into.');
await build({
  configFile: new URL('web/vite.config.ts', import.meta.url).pathname,
  logLevel: 'warn',
  build: { outDir },
});
