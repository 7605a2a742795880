import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeSbom } from '../supply-chain/sbom.ts';

/**
 * Writes the repository's URL into a manifest, because npm accepts provenance only for the repository that the manifest
 * names.
 */
function nameRepository(folder: string, url: string): void {
  const file = join(folder, 'package.json');
  const manifest = JSON.parse(readFileSync(file, 'utf8'));
  writeFileSync(file, `${JSON.stringify({ ...manifest, repository: { type: 'git', url } }, null, 2)}\n`);
}

/**
 * Writes the files to publish: an archive per package, the SBOM, the hashes, and the release notes.
 * @param packages the folders of built packages
 * @param outdir the output folder; it is emptied first
 * @param contents `notes`: the release notes. `repository`: the URL for the manifests; if undefined, the manifests
 * contain no URL
 */
export function writeArchives(
  packages: Iterable<string>,
  outdir: string,
  { notes, repository }: { notes: string; repository: string | undefined },
): void {
  rmSync(outdir, { recursive: true, force: true });
  mkdirSync(outdir, { recursive: true });
  for (const folder of packages) {
    if (repository !== undefined) nameRepository(folder, repository);
    execFileSync('npm', ['pack', folder, '--pack-destination', outdir, '--silent'], {
      stdio: ['ignore', 'ignore', 'inherit'],
    });
  }
  writeSbom(join(outdir, 'rollcall.cdx.json'));
  const sums = readdirSync(outdir)
    .sort()
    .map(
      (file) =>
        `${createHash('sha256')
          .update(readFileSync(join(outdir, file)))
          .digest('hex')}  ${file}\n`,
    );
  writeFileSync(join(outdir, 'SHA256SUMS'), sums.join(''));
  writeFileSync(join(outdir, 'NOTES.md'), `${notes}\n`);
}
