import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export const ROOT = join(import.meta.dirname, '../..');
/**
 * The path of the TypeScript compiler that is written in Go. The compiler is run by its path, because the compiler that
 * is written in JavaScript is also named `tsc`. That second compiler is installed because other tools use its API.
 */
export const TSC = join(ROOT, 'node_modules/typescript-7/bin/tsc');

type Versions = Record<string, string>;
type Manifest = Record<string, unknown> & {
  name: string;
  exports: Record<string, string>;
  dependencies?: Versions;
  peerDependencies?: Versions;
};

const DYNAMODB = ['@aws-sdk/client-dynamodb', '@aws-sdk/lib-dynamodb'];
/**
 * Peer dependencies. Their types or objects are part of the public API: applications create contracts with zod, and
 * call DynamoDB with the kit's client. Two copies of a package would not recognize each other's objects.
 */
export const PEERS: Readonly<Record<string, readonly string[]>> = {
  '@rollcall/kit': ['zod', '@bufbuild/protobuf', ...DYNAMODB],
  '@rollcall/cdk': ['zod'],
  '@rollcall/local': [...DYNAMODB, '@aws-sdk/client-dynamodb-streams', '@aws-sdk/client-sns', '@aws-sdk/client-sqs'],
};
/** The files to publish: the compiler's output and the changelog. npm always adds the manifest, README and licence. */
const FILES = ['**/*.js', '**/*.d.ts', '**/*.map', 'CHANGELOG.md'];
/** The output is compiled for the Node.js version of Lambda. */
const ENGINES = { node: '>=24' };

/**
 * Returns the built paths of a source file. Packages are built, because Node.js does not strip types in node_modules.
 */
const built = (path: string) => {
  const stem = path.replace(/^\.\/src\//, './').replace(/\.ts$/, '');
  return { types: `${stem}.d.ts`, default: `${stem}.js` };
};

/** Converts a manifest to its published form. */
function published({ private: _, exports, dependencies = {}, peerDependencies, ...manifest }: Manifest) {
  const isPeer = (name: string) => PEERS[manifest.name]?.includes(name) ?? false;
  const versions = Object.entries(dependencies);
  const peers = versions.filter(([name]) => isPeer(name)).map(([name, version]) => [name, `^${version}`]);
  return {
    ...manifest,
    engines: ENGINES,
    files: FILES,
    exports: Object.fromEntries(Object.entries(exports).map(([name, path]) => [name, built(path)])),
    dependencies: Object.fromEntries(versions.filter(([name]) => !isPeer(name))),
    peerDependencies: { ...peerDependencies, ...Object.fromEntries(peers) },
  };
}

/**
 * Builds each package in its published form, with its manifest, licence, README and changelog.
 * @param outdir the folder in which to create a folder per package, for `npm pack`
 * @returns the folders, by package name
 */
export function buildPackages(outdir: string): Map<string, string> {
  const folders = readdirSync(join(ROOT, 'packages')).filter((folder) =>
    existsSync(join(ROOT, 'packages', folder, 'tsconfig.build.json')),
  );
  const command = join(outdir, 'cli');
  execFileSync('npm', ['run', '--silent', 'build:cli', command], { cwd: ROOT, stdio: 'inherit' });
  const libraries = folders.map((folder) => {
    const from = join(ROOT, 'packages', folder);
    const to = join(outdir, folder);
    const manifest: Manifest = JSON.parse(readFileSync(join(from, 'package.json'), 'utf8'));
    rmSync(to, { recursive: true, force: true });
    execFileSync(process.execPath, [TSC, '-p', join(from, 'tsconfig.build.json'), '--outDir', to], {
      stdio: 'inherit',
    });
    writeFileSync(join(to, 'package.json'), `${JSON.stringify(published(manifest), null, 2)}\n`);
    cpSync(join(ROOT, 'LICENSE'), join(to, 'LICENSE'));
    for (const file of ['README.md', 'CHANGELOG.md']) cpSync(join(from, file), join(to, file));
    return [manifest.name, to] as const;
  });
  return new Map([...libraries, ['rollcall', command]]);
}
