import { spawnSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { documents, FOLDER, ROOT } from './documents.ts';

// What the next `npm run contracts:check` compares with: run it when a version is released.
const released = join(ROOT, FOLDER, 'released');
rmSync(released, { recursive: true, force: true });
for (const [path, content] of documents()) {
  if (!path.endsWith('.json')) continue;
  const copy = path.replace(FOLDER, `${FOLDER}/released`);
  mkdirSync(dirname(join(ROOT, copy)), { recursive: true });
  writeFileSync(join(ROOT, copy), content);
  console.log(copy);
}
const { status } = spawnSync('buf', ['build', '-o', join(released, 'protobuf.json')], { cwd: ROOT, stdio: 'inherit' });
process.exitCode = status ?? 1;
