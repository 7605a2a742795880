import { execFileSync } from 'node:child_process';
import { cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '../..');

type Manifest = Record<string, unknown> & { name: string; exports: Record<string, string> };

/** What sources stand for, once they are built: Node strips no types of what is installed. */
const built = (path: string) => {
  const stem = path.replace(/^\.\/src\//, './').replace(/\.ts$/, '');
  return { types: `${stem}.d.ts`, default: `${stem}.js` };
};

/**
 * Builds each package as other teams install it: JavaScript, types and source maps, with its licence and README.
 * @param outdir gets a folder a package, for `npm pack`
 * @returns the folders, by the names of the packages
 */
export function buildPackages(outdir: string): Map<string, string> {
  const folders = readdirSync(join(root, 'packages'));
  return new Map(
    folders.map((folder) => {
      const from = join(root, 'packages', folder);
      const to = join(outdir, folder);
      const { private: _, ...manifest }: Manifest = JSON.parse(readFileSync(join(from, 'package.json'), 'utf8'));
      rmSync(to, { recursive: true, force: true });
      const tsc = join(root, 'node_modules/typescript/bin/tsc');
      execFileSync(process.execPath, [tsc, '-p', join(from, 'tsconfig.build.json'), '--outDir', to], {
        stdio: 'inherit',
      });
      const exports = Object.fromEntries(Object.entries(manifest.exports).map(([name, path]) => [name, built(path)]));
      writeFileSync(join(to, 'package.json'), `${JSON.stringify({ ...manifest, exports }, null, 2)}\n`);
      cpSync(join(root, 'LICENSE'), join(to, 'LICENSE'));
      cpSync(join(from, 'README.md'), join(to, 'README.md'));
      return [manifest.name, to];
    }),
  );
}
