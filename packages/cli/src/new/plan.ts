import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { OperatorError } from '../stage/errors.ts';

/** The changes that a generator proposes and {@link writePlan} writes. Paths are relative to the app's folder. */
export interface Plan {
  files: Readonly<Record<string, string>>;
  /** The complete new texts of existing files. */
  edits?: Readonly<Record<string, string>>;
  /** Next steps for the user, one per line. */
  next: readonly string[];
}

/**
 * Writes the files of a plan, and formats them with the app's formatter, if it has one.
 * @throws {OperatorError} if a new file already exists; in that case, writes nothing. Also if the formatter reports an
 * error; in that case, all files are written
 */
export function writePlan(root: string, { files, edits = {} }: Plan): void {
  const existing = Object.keys(files).filter((path) => existsSync(join(root, path)));
  if (existing.length > 0) throw new OperatorError(`Nothing was written: ${existing.join(', ')} would be overwritten.`);
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(join(root, dirname(path)), { recursive: true });
    writeFileSync(join(root, path), text, { flag: 'wx' });
  }
  for (const [path, text] of Object.entries(edits)) writeFileSync(join(root, path), text);
  format(root, Object.keys({ ...files, ...edits }));
}

const FORMATTERS = [
  { config: 'biome.json', bin: '@biomejs/biome/bin/biome', options: ['check', '--write'] },
  { config: '.prettierrc', bin: 'prettier/bin/prettier.cjs', options: ['--write'] },
];

/** Formats files. @throws {OperatorError} with the formatter's message, if it reports an error */
function format(root: string, paths: readonly string[]): void {
  const found = FORMATTERS.find(({ config }) => existsSync(join(root, config)));
  const bin = found && join(root, 'node_modules', found.bin);
  if (!bin || !existsSync(bin)) return;
  const { status, stderr } = spawnSync(process.execPath, [bin, ...found.options, ...paths], {
    cwd: root,
    encoding: 'utf8',
  });
  if (status !== 0) throw new OperatorError(`All files are written, but they cannot be formatted:\n${stderr}`);
}
