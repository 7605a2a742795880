import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { Command } from 'commander';
import pc from 'picocolors';
import { progressBar } from 'rollcall/internal/cli/output';
import { mutants, type SecurityMutant } from './list.ts';

const { only, json } = new Command('npm run security:mutants --')
  .description('Removes one protection after the other in a copy of the project. The test of the protection must fail.')
  .option('--only <words>', 'only mutants whose name or test contains these words, such as unit/')
  .option('--json', 'print only one JSON object')
  .addHelpText(
    'after',
    '\nTakes about half a minute for each mutant. Exit code 1: for at least one mutant, no test failed.',
  )
  .parse()
  .opts<{ only?: string; json?: boolean }>();

const root = join(import.meta.dirname, '../../..');
/** A test that waits for a condition that never holds waits for 100 seconds. */
const TIMEOUT_MS = 240_000;

async function copyOfProject(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'rollcall-mutants-'));
  const { stdout } = await promisify(execFile)(
    'git',
    ['ls-files', '-z', '--cached', '--others', '--exclude-standard'],
    {
      cwd: root,
      maxBuffer: 64 * 1024 ** 2,
    },
  );
  for (const file of stdout.split('\0').filter(Boolean)) {
    await mkdir(dirname(join(folder, file)), { recursive: true });
    await cp(join(root, file), join(folder, file)).catch((error: NodeJS.ErrnoException) => {
      // The file is deleted, but the deletion is not committed.
      if (error.code !== 'ENOENT') throw error;
    });
  }
  await linkPackages(folder);
  return folder;
}

/**
 * Links the installed packages. The links to kit, cdk and local point to the copy, because a mutant in one of these
 * packages would otherwise have no effect. The link `rollcall` still points to the original of packages/cli, so mutants
 * in packages/cli are not supported.
 */
async function linkPackages(folder: string): Promise<void> {
  const [from, to] = [root, folder].map((project) => join(project, 'node_modules')) as [string, string];
  await mkdir(join(to, '@rollcall'), { recursive: true });
  for (const name of await readdir(from)) {
    if (name !== '@rollcall') await symlink(join(from, name), join(to, name));
  }
  for (const name of await readdir(join(folder, 'packages'))) {
    await symlink(join(folder, 'packages', name), join(to, '@rollcall', name));
  }
}

/**
 * Whether a test fails, or the infrastructure cannot be synthesized because it breaks a rule of AWS Solutions.
 * @throws {Error} if the test could not be run
 */
async function fails(folder: string, test: string): Promise<boolean> {
  const report = join(folder, 'report.json');
  await rm(report, { force: true });
  const options = ['run', `test/${test}.test.ts`, '--bail', '1', '--reporter', 'json', '--outputFile', report];
  const child = spawn(process.execPath, ['node_modules/vitest/vitest.mjs', ...options], {
    cwd: folder,
    stdio: ['ignore', 'ignore', 'pipe'],
    timeout: TIMEOUT_MS,
  });
  let complaint = '';
  child.stderr.on('data', (chunk: Buffer) => {
    complaint += chunk.toString();
  });
  await once(child, 'close');
  if (complaint.includes('validation-report.json')) return true;
  const counts = await readFile(report, 'utf8')
    .then(JSON.parse)
    .catch(() => undefined);
  if (!counts?.numTotalTests) throw new Error(`test/${test}.test.ts did not finish: ${complaint.slice(-2_000)}`);
  return counts.numFailedTests > 0 || !counts.success;
}

/** Returns the original source and the mutated one. */
async function mutated(folder: string, { name, file, from, to }: SecurityMutant): Promise<[string, string]> {
  const source = await readFile(join(folder, file), 'utf8');
  if (source.split(from).length !== 2) throw new Error(`${name}: ${file} does not contain this exactly once: ${from}`);
  return [source, source.replace(from, () => to)];
}

async function isNoticed(folder: string, mutant: SecurityMutant): Promise<boolean> {
  const path = join(folder, mutant.file);
  const [source, changed] = await mutated(folder, mutant);
  await writeFile(path, changed);
  try {
    return await fails(folder, mutant.test);
  } finally {
    await writeFile(path, source);
  }
}

const folder = await copyOfProject();
const chosen = mutants.filter(({ name, test }) => `${name} (${test})`.includes(only ?? ''));
// Checks first that all mutants match their sources.
await Promise.all(chosen.map((mutant) => mutated(folder, mutant)));
for (const test of new Set(chosen.map(({ test: each }) => each))) {
  if (await fails(folder, test)) throw new Error(`test/${test}.test.ts fails with every protection in place`);
}
const bar = progressBar(chosen.length, 'protections removed');
const unnoticed: string[] = [];
for (const [index, mutant] of chosen.entries()) {
  if (!(await isNoticed(folder, mutant))) {
    unnoticed.push(mutant.name);
    console.error(pc.red(`no test failed for this mutant: ${mutant.name}`));
  }
  bar.update(index + 1);
}
bar.stop();
await rm(folder, { recursive: true });

if (json) console.log(JSON.stringify({ removed: chosen.length, unnoticed }, null, 2));
else console.log(`${chosen.length} protections removed one by one; ${unnoticed.length} of them unnoticed`);
process.exitCode = unnoticed.length === 0 ? 0 : 1;
