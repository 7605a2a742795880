import { chmodSync, cpSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { build } from 'esbuild';
import about from './package.json' with { type: 'json' };
import { buildPage } from './src/console/build.ts';
import { buildTypes } from './types.ts';

const root = import.meta.dirname;
/** The folder to publish: the first argument, or `dist`. */
const outdir = resolve(process.argv[2] ?? join(root, 'dist'));
rmSync(outdir, { recursive: true, force: true });

// The bundle contains the code of the commands and their dependencies, because Node.js does not strip types inside
// node_modules. It does not contain the embedded cloud: `rollcall start` imports it from the package `@rollcall/local`.
// Code that `rollcall` and `rollcall/app` share is in common chunks, so that both entry points use the same error
// classes.
await build({
  absWorkingDir: root,
  entryPoints: { rollcall: 'src/cli/main.ts', app: 'src/app.ts' },
  outdir,
  outExtension: { '.js': '.mjs' },
  bundle: true,
  splitting: true,
  external: ['@rollcall/local/internal/cloud', '@rollcall/local/internal/synthesize-changed'],
  platform: 'node',
  target: 'node20',
  format: 'esm',
  mainFields: ['module', 'main'],
  inject: ['src/cli/node-20.ts'],
  legalComments: 'none',
  banner: {
    // Some dependencies are CommonJS and call require().
    js: "import{createRequire as createRequireOfBundle}from'node:module';const require=createRequireOfBundle(import.meta.url);",
  },
  logLevel: 'warning',
});
chmodSync(join(outdir, 'rollcall.mjs'), 0o755);
await buildPage(join(outdir, 'page'));
buildTypes(outdir);

// The manifest of the published folder refers to the built files.
const { private: _, bin: __, exports: ___, scripts: ____, devDependencies: _____, ...manifest } = about;
const published = {
  ...manifest,
  // The types of `rollcall/app` refer to those of the app's copy of commander, whose version must be in this range.
  peerDependencies: { ...manifest.peerDependencies, commander: `^${manifest.peerDependencies.commander}` },
  bin: { rollcall: 'rollcall.mjs' },
  exports: { './app': { types: './app.d.mts', default: './app.mjs' } },
};
writeFileSync(join(outdir, 'package.json'), `${JSON.stringify(published, null, 2)}\n`);
for (const file of ['README.md', 'CHANGELOG.md', '../../LICENSE'])
  cpSync(join(root, file), join(outdir, file.replace('../../', '')));
