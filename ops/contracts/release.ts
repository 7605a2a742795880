import { spawnSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Command } from 'commander';
import pc from 'picocolors';
import { documents, FOLDER, ROOT } from './documents.ts';
import { compareWithReleased, RELEASED } from './released.ts';

const { again } = new Command('npm run contracts:release --')
  .description('Stores the contracts as released: npm run contracts:check then compares with them.')
  .option('--again', 'also if this version is already stored: only before its first use')
  .parse()
  .opts<{ again?: boolean }>();

const { before, after, changes, breaks } = compareWithReleased();
if (!again && changes.length > 0 && (before === after || breaks)) {
  console.error(
    pc.red(`${before} was released with other contracts; package.json says ${after}. See npm run contracts:check.`),
  );
  process.exit(1);
}
rmSync(RELEASED, { recursive: true, force: true });
for (const [path, content] of documents()) {
  if (!path.endsWith('.json')) continue;
  const copy = path.replace(FOLDER, `${FOLDER}/released`);
  mkdirSync(dirname(join(ROOT, copy)), { recursive: true });
  writeFileSync(join(ROOT, copy), content);
  console.log(copy);
}
const { status } = spawnSync('buf', ['build', '-o', join(RELEASED, 'protobuf.json')], { cwd: ROOT, stdio: 'inherit' });
process.exitCode = status ?? 1;
