import { spawnSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Command } from 'commander';
import pc from 'picocolors';
import { documents, FOLDER, ROOT } from './documents.ts';
import { compareWithReleased, RELEASED } from './released.ts';

const { again } = new Command('npm run contracts:release --')
  .description('Stores the contracts as released. npm run contracts:check then compares with them.')
  .option('--again', 'overwrite the stored contracts of this version; use it only before the version is in use')
  .parse()
  .opts<{ again?: boolean }>();

const { before, after, changes, breaks } = compareWithReleased();
if (!again && changes.length > 0 && (before === after || breaks)) {
  console.error(
    pc.red(
      `${before} was released with other contracts, and the version in package.json is ${after}. To see the changes: npm run contracts:check`,
    ),
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
