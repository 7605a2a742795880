import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { synthesize } from '@rollcall/local/internal/synthesize';
import { Command } from 'commander';
import { printTable } from 'rollcall/internal/cli/output';
import { atLeast } from '../ops/demo/options.ts';
import { bareCalls, buildBare } from './cold/bare.ts';
import { type Recording, record } from './cold/recording.ts';
import type { Started, StartRequest } from './cold/start.ts';
import { startStub } from './cold/stub.ts';

const { times, json } = new Command('npm run bench:cold --')
  .description(
    'Measures the cold start of the functions on this machine. For comparison, also measures a bare handler that has the same clients and makes the same calls.',
  )
  .option('--times <n>', 'number of starts of each function and of each bare handler', atLeast(1), 5)
  .option('--json <file>', 'write the figures to this file')
  .parse()
  .opts<{ times: number; json?: string }>();

const KB = 1024;
const round = (value: number, digits = 1) => Number(value.toFixed(digits));
const median = (values: readonly number[]) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;

async function start(toStart: StartRequest, environment: Record<string, string>): Promise<Started> {
  const child = fork(new URL('./cold/start.ts', import.meta.url), [], {
    env: environment,
    execArgv: ['--disable-warning=ExperimentalWarning'],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  await once(child, 'message');
  child.send(toStart);
  const ended = once(child, 'exit').then(([code]) => {
    throw new Error(`${toStart.file} ended with exit code ${code} before it sent its figures`);
  });
  const [started] = (await Promise.race([once(child, 'message'), ended])) as [Started];
  await once(child, 'exit').catch(() => {});
  return started;
}

const figuresOf = (all: readonly Started[]) => ({
  initMs: round(median(all.map(({ initMs }) => initMs))),
  firstCallMs: round(median(all.map(({ firstCallMs }) => firstCallMs))),
  coldMs: round(median(all.map(({ initMs, firstCallMs }) => initMs + firstCallMs))),
  cpuMs: round(median(all.map(({ cpuMs }) => cpuMs))),
  megabytes: Math.round(median(all.map(({ megabytes }) => megabytes))),
});

const folder = mkdtempSync(join(tmpdir(), 'rollcall-cold-'));
const stub = await startStub();

async function measure(recording: Recording) {
  // Replaces the embedded cloud's endpoint with the stub's, also inside texts such as the URL of a queue.
  const { settings, payload, calls } = JSON.parse(
    JSON.stringify(recording).replaceAll(recording.settings.environment.AWS_ENDPOINT_URL ?? '', stub.url),
  ) as Recording;
  const { name, handler, environment } = settings;
  const file = handler.module;
  const bare = buildBare(join(folder, name), file, calls);
  const isDocument = readFileSync(file, 'utf8').includes('"DynamoDBDocumentClient"');
  const starts: Started[] = [];
  const bareStarts: Started[] = [];
  for (let time = 0; time < times; time++) {
    stub.replay(calls);
    starts.push(await start({ file, handler: handler.path, payload, calls }, environment));
    stub.replay(calls);
    bareStarts.push(
      await start(
        { file: bare, handler: 'handler', payload: JSON.stringify(bareCalls(calls, isDocument)), calls },
        environment,
      ),
    );
  }
  const [deployed, bareFigures] = [figuresOf(starts), figuresOf(bareStarts)];
  return {
    ...deployed,
    kilobytes: Math.round(statSync(file).size / KB),
    bare: { ...bareFigures, kilobytes: Math.round(statSync(bare).size / KB) },
    calls: calls.length,
    toBare: round(deployed.coldMs / bareFigures.coldMs, 2),
    cpuToBare: round(deployed.cpuMs / bareFigures.cpuMs, 2),
  };
}

try {
  const recordings = await record(await synthesize(join(folder, 'assembly')), stub.url);
  const figures: Record<string, Awaited<ReturnType<typeof measure>>> = {};
  for (const recording of recordings.filter(({ settings }) => settings.memoryMb > 128))
    figures[recording.settings.name.replace(/^rollcall-dev-/, '')] = await measure(recording);
  printTable(
    Object.entries(figures).map(([name, { bare, ...deployed }]) => ({
      function: name,
      KB: deployed.kilobytes,
      'init ms': deployed.initMs,
      'first call ms': deployed.firstCallMs,
      calls: deployed.calls,
      'bare KB': bare.kilobytes,
      'bare init': bare.initMs,
      'bare call': bare.firstCallMs,
      'ratio to bare': deployed.toBare,
      'ratio by CPU time': deployed.cpuToBare,
      MB: deployed.megabytes,
    })),
  );
  if (json) writeFileSync(json, `${JSON.stringify({ cpus: cpus().length, times, functions: figures }, null, 2)}\n`);
} finally {
  stub.stop();
  rmSync(folder, { recursive: true, force: true });
}
