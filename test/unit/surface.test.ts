import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { PEERS, ROOT } from '../../ops/packages/build.ts';
import { readSurface, reportsOf } from '../../ops/packages/surface.ts';

/** Files for users who install the packages. */
const FOR_USERS = ['examples', 'test/guides', 'docs/guides', 'packages/cli/src/new', 'README.md'];
const READMES = ['kit', 'cdk', 'local', 'cli'].map((name) => `packages/${name}/README.md`);

const IMPORT = /import\s+(?:type\s+)?\{([^;]*?)\}\s+from\s+'(@rollcall\/(?:kit\/)?[a-z]+|rollcall\/app)'/g;

const filesIn = (path: string): string[] =>
  path.includes('.')
    ? [path]
    : readdirSync(join(ROOT, path), { recursive: true, encoding: 'utf8' })
        .filter((file) => /\.(ts|md)$/.test(file) && !/node_modules|cdk\.out/.test(file))
        .map((file) => join(path, file));

/** Names that a file imports from packages. In a file template, these include the words in `${…}` expressions. */
const importedBy = (file: string) =>
  [...readFileSync(join(ROOT, file), 'utf8').matchAll(IMPORT)].flatMap(([, names = '', from = '']) =>
    [...names.matchAll(/\w+/g)].map(([name]) => ({ name, entry: from.replace('@rollcall/', '') })),
  );

/** Packages of which the surface uses only interfaces, so two versions of these packages are compatible. */
const INTERFACES = ['aws-lambda', 'jose'];

const surface = readSurface();

describe('the public surface', () => {
  const files = [...FOR_USERS.flatMap(filesIn), ...READMES].filter((file) => importedBy(file).length > 0);

  it.each(files)('%s imports no name that a minor version may change', (file) => {
    const known = importedBy(file).flatMap(({ name, entry }) =>
      surface.filter((exported) => exported.name === name && exported.entry === entry),
    );
    expect(known).not.toEqual([]);
    expect(known.filter(({ tag }) => tag === 'beta').map(({ name }) => name)).toEqual([]);
  });

  it('documents each name', () => {
    expect(surface.filter(({ isDocumented }) => !isDocumented).map(({ entry, name }) => `${entry}: ${name}`)).toEqual(
      [],
    );
  });

  it.each(['kit', 'cdk', 'local', 'cli'])('uses types of other packages only from peers of packages/%s', (folder) => {
    const manifest = JSON.parse(readFileSync(join(ROOT, `packages/${folder}/package.json`), 'utf8'));
    // The embedded cloud exposes the output types of its zod schemas, but no schema, so zod need not be a peer.
    const exposed = folder === 'local' ? ['zod'] : [];
    const peers = [...exposed, ...Object.keys(manifest.peerDependencies ?? {}), ...(PEERS[manifest.name] ?? [])];
    const builtInOrRollcall = /^(?:node:|@rollcall\/)/;
    const short = manifest.name.replace('@rollcall/', '');
    const shown = reportsOf(short).flatMap((report) => [...report.matchAll(/^import .* from '([^']+)';$/gm)]);
    const packages = new Set(shown.map(([, from = '']) => (/^(?:node:|@[^/]+\/)?[^/]+/.exec(from) ?? [''])[0]));
    const others = [...packages].filter(
      (name) => !builtInOrRollcall.test(name) && ![...peers, ...INTERFACES].includes(name),
    );
    expect(others).toEqual([]);
  });
});
