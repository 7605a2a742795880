import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';

const root = import.meta.dirname;
const outfile = join(root, 'dist/rollcall.mjs');

// One file with all it needs: Node.js strips no types inside node_modules.
await build({
  absWorkingDir: root,
  entryPoints: ['src/cli/main.ts'],
  outfile,
  bundle: true,
  platform: 'node',
  target: 'node20',
  format: 'esm',
  mainFields: ['module', 'main'],
  inject: ['src/cli/node-20.ts'],
  legalComments: 'none',
  banner: {
    // Some dependencies are CommonJS and call require().
    js: "#!/usr/bin/env node\nimport{createRequire as createRequireOfBundle}from'node:module';const require=createRequireOfBundle(import.meta.url);",
  },
  logLevel: 'warning',
});
chmodSync(outfile, 0o755);
