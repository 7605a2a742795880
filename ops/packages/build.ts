import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export const ROOT = join(import.meta.dirname, '../..');

type Versions = Record<string, string>;
type Manifest = Record<string, unknown> & {
  name: string;
  exports: Record<string, string>;
  dependencies?: Versions;
  peerDependencies?: Versions;
};

/** Contracts are made with it, by whoever installs a package: of two copies, neither knows the other's schemas. */
const PEERS = new Set(['zod']);
/** Of a folder that holds nothing else. */
const FILES = ['**/*.js', '**/*.d.ts', '**/*.map', 'CHANGELOG.md'];
/** What Lambda runs, and what the output is compiled for. */
const ENGINES = { node: '>=24' };

/** What sources stand for, once they are built: Node strips no types of what is installed. */
const built = (path: string) => {
  const stem = path.replace(/^\.\/src\//, './').replace(/\.ts$/, '');
  return { types: `${stem}.d.ts`, default: `${stem}.js` };
};

/** What is published of a manifest. */
function published({ private: _, exports, dependencies = {}, peerDependencies, ...manifest }: Manifest) {
  const versions = Object.entries(dependencies);
  const peers = versions.filter(([name]) => PEERS.has(name)).map(([name, version]) => [name, `^${version}`]);
  return {
    ...manifest,
    engines: ENGINES,
    files: FILES,
    exports: Object.fromEntries(Object.entries(exports).map(([name, path]) => [name, built(path)])),
    dependencies: Object.fromEntries(versions.filter(([name]) => !PEERS.has(name))),
    peerDependencies: { ...peerDependencies, ...Object.fromEntries(peers) },
  };
}

/**
 * Builds each package as other teams install it: JavaScript, types and source maps, with its licence and README.
 * @param outdir gets a folder a package, for `npm pack`
 * @returns the folders, by the names of the packages
 */
export function buildPackages(outdir: string): Map<string, string> {
  const folders = readdirSync(join(ROOT, 'packages')).filter((folder) =>
    existsSync(join(ROOT, 'packages', folder, 'tsconfig.build.json')),
  );
  return new Map(
    folders.map((folder) => {
      const from = join(ROOT, 'packages', folder);
      const to = join(outdir, folder);
      const manifest: Manifest = JSON.parse(readFileSync(join(from, 'package.json'), 'utf8'));
      rmSync(to, { recursive: true, force: true });
      const tsc = join(ROOT, 'node_modules/typescript/bin/tsc');
      execFileSync(process.execPath, [tsc, '-p', join(from, 'tsconfig.build.json'), '--outDir', to], {
        stdio: 'inherit',
      });
      writeFileSync(join(to, 'package.json'), `${JSON.stringify(published(manifest), null, 2)}\n`);
      cpSync(join(ROOT, 'LICENSE'), join(to, 'LICENSE'));
      for (const file of ['README.md', 'CHANGELOG.md']) cpSync(join(from, file), join(to, file));
      return [manifest.name, to];
    }),
  );
}
