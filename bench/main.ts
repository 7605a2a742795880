import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Command } from 'commander';
import { measureFloor } from './floor.ts';
import { measurePosts } from './posts.ts';

const { members, json } = new Command('npm run bench --')
  .description('Measures start time, memory and throughput, and reference figures to compare them with.')
  .option('--members <n>', 'number of members in the demo run', '1000')
  .option('--json <file>', 'write the figures to this file')
  .parse()
  .opts<{ members: string; json?: string }>();

const root = join(import.meta.dirname, '..');
const PORT = 46_000;
const ENDPOINT = `http://127.0.0.1:${PORT + 566}`;

const seconds = (start: number) => (performance.now() - start) / 1000;
const round = (value: number) => Math.round(value * 100) / 100;

function synthSeconds(): number {
  const start = performance.now();
  execFileSync('npx', ['cdk', 'synth', '--quiet'], { cwd: root, stdio: 'ignore' });
  return seconds(start);
}

/** Runs `npm start` with the given data folder, and waits until the embedded cloud is ready. */
async function start(data: string): Promise<{ child: ChildProcess; readySeconds: number }> {
  const begin = performance.now();
  const child = spawn('npm', ['start', '--', '--data', data, '--port', String(PORT)], { cwd: root, detached: true });
  for await (const line of createInterface({ input: child.stdout })) {
    if (line.includes('ready')) return { child, readySeconds: seconds(begin) };
  }
  throw new Error('npm start ended before it was ready');
}

/** The resident memory of a process and its descendants, in MB. */
function residentMb(root: number): number {
  const processes = readdirSync('/proc').flatMap((entry) => {
    if (!/^\d+$/.test(entry)) return [];
    try {
      // `fields` begins with field 3 of proc(5). Field 4 is the parent, and field 24 the number of resident 4 KB pages.
      const fields = readFileSync(`/proc/${entry}/stat`, 'utf8')
        .replace(/^.*\) /s, '')
        .split(' ');
      return [{ pid: Number(entry), parent: Number(fields[1]), megabytes: (Number(fields[21]) * 4096) / 1024 ** 2 }];
    } catch {
      return []; // The process has ended in the meantime.
    }
  });
  const sumOf = (pid: number): number =>
    processes
      .filter((process) => process.pid === pid || process.parent === pid)
      .reduce((sum, process) => sum + (process.pid === pid ? process.megabytes : sumOf(process.pid)), 0);
  return sumOf(root);
}

const data = mkdtempSync(join(tmpdir(), 'rollcall-bench-'));
const synth = synthSeconds();
const first = await start(data);
let { child } = first;
const end = async () => {
  process.kill(-(child.pid ?? 0), 'SIGINT');
  await once(child, 'exit');
};
try {
  const demo = ['run', '--silent', 'demo', '--', '--members', members, '--endpoint', ENDPOINT, '--json'];
  const run = JSON.parse(execFileSync('npm', demo, { cwd: root, encoding: 'utf8' })) as {
    registrationsPerSecond: number;
    seconds: number;
    lost: number;
    duplicated: number;
    outOfOrder: number;
    awsCalls: Record<string, number>;
  };
  const megabytes = residentMb(child.pid ?? 0);
  await end();
  // This start uses the templates that the first start synthesized.
  const second = await start(data);
  ({ child } = second);
  const posts = await measurePosts(ENDPOINT, Number(members));
  await end();
  const floorSeconds = await measureFloor(run.awsCalls, Number(members));
  const postsFloorSeconds = await measureFloor(posts.awsCalls, Number(members));

  const figures = {
    cpus: cpus().length,
    members: Number(members),
    synthSeconds: round(synth),
    readySeconds: round(first.readySeconds),
    readyToSynth: round(first.readySeconds / synth),
    readyAgainToSynth: round(second.readySeconds / synth),
    residentMb: Math.round(megabytes),
    registrationsPerSecond: run.registrationsPerSecond,
    allEffectsPerSecond: round(Number(members) / run.seconds),
    floorPerSecond: round(Number(members) / floorSeconds),
    toFloor: round(floorSeconds / run.seconds),
    postsPerSecond: round(Number(members) / posts.seconds),
    postsFloorPerSecond: round(Number(members) / postsFloorSeconds),
    postsToFloor: round(postsFloorSeconds / posts.seconds),
    lost: run.lost,
    duplicated: run.duplicated,
    outOfOrder: run.outOfOrder,
  };
  for (const [name, value] of Object.entries(figures)) console.log(`${name.padEnd(24)}${value}`);
  if (json) writeFileSync(json, `${JSON.stringify(figures, null, 2)}\n`);
} finally {
  if (child.exitCode === null && child.signalCode === null) process.kill(-(child.pid ?? 0), 'SIGKILL');
  rmSync(data, { recursive: true, force: true });
}
