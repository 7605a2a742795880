import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type Cloud, startCloud } from '@rollcall/local/internal/cloud';
import type { CallFault } from '@rollcall/local/internal/faults/faults';
import { synthesize } from '@rollcall/local/internal/synthesize';
import { Command } from 'commander';
import { percentile } from 'rollcall/internal/percentile';
import { openStage, type StageClient } from 'rollcall/internal/stage/stage';
import { APPLICATION } from '../ops/application.ts';
import { generatePeople } from '../ops/demo/input.ts';
import { atLeast } from '../ops/demo/options.ts';
import { type Accepted, registerAll } from '../ops/demo/registrations.ts';
import { createServices } from '../ops/demo/services.ts';
import { compare } from '../ops/demo/verdict.ts';
import { EVERY_MEMBER } from '../ops/every-member.ts';
import { smsSandbox } from '../ops/sms-sandbox/sandbox.ts';

const { members, slow, json } = new Command('npm run bench:overload --')
  .description(
    'Registers members while all subscribers are stopped, and while the relay is slower than the registrations.',
  )
  .option('--members <n>', 'number of registrations while all subscribers are stopped', atLeast(100), 20_000)
  .option('--slow <n>', 'number of registrations while the relay is slow', atLeast(100), 4_000)
  .option('--json <file>', 'write the figures to this file')
  .parse()
  .opts<{ members: number; slow: number; json?: string }>();

const CONCURRENCY = 32;
/**
 * The delay of each PublishBatch call, just below the SDK's timeout of two seconds. It slows down the relay, because
 * each call publishes at most ten messages.
 */
const SLOW: CallFault = { kind: 'delayed', ms: 1_900 };
/** The timeout for each wait. */
const LIMIT_MS = 20 * 60_000;
const round = (value: number) => Math.round(value * 10) / 10;
const seconds = (since: number) => round((performance.now() - since) / 1000);
const folder = mkdtempSync(join(tmpdir(), 'rollcall-overload-'));

/** Copies an assembly, and disables the event source mappings of queues in the copy. */
function withoutSubscribers(assembly: string): string {
  const copy = join(folder, 'stopped');
  cpSync(assembly, copy, { recursive: true });
  for (const file of readdirSync(copy).filter((name) => name.endsWith('.template.json'))) {
    const template = JSON.parse(readFileSync(join(copy, file), 'utf8'));
    for (const { Type, Properties } of Object.values<{ Type: string; Properties: Record<string, unknown> }>(
      template.Resources,
    )) {
      if (Type === 'AWS::Lambda::EventSourceMapping' && !Properties.StartingPosition) Properties.Enabled = false;
    }
    writeFileSync(join(copy, file), JSON.stringify(template));
  }
  return copy;
}

/**
 * Registers members.
 * @returns the accepted registrations, and the rate and latency of each tenth of them; the first tenth is a warm-up
 */
async function register(cloud: Cloud, count: number) {
  const finished: number[] = [];
  const start = performance.now();
  const { accepted } = await registerAll(generatePeople(count, Math.random), {
    apiUrl: cloud.apiUrl,
    token: await cloud.issuer.token(EVERY_MEMBER),
    concurrency: CONCURRENCY,
    changeEvery: 0,
    onProgress: () => finished.push((performance.now() - start) / 1000),
  });
  const size = Math.floor(count / 10);
  const tenth = (from: number) => {
    const taken = (finished[from + size - 1] ?? 0) - (finished[from] ?? 0);
    const latencies = accepted.slice(from, from + size).map(({ httpMs }) => httpMs);
    return {
      perSecond: round(size / taken),
      httpMs: { p50: round(percentile(latencies, 0.5)), p99: round(percentile(latencies, 0.99)) },
    };
  };
  const tenths = Array.from({ length: 10 }, (_, index) => tenth(index * size));
  return { accepted, figures: { registered: accepted.length, tenths } };
}

const backlog = async (stage: StageClient) =>
  (await stage.queues()).reduce((sum, { visible, inFlight }) => sum + visible + inFlight, 0);

async function waitUntil(condition: () => Promise<boolean>, what: string): Promise<void> {
  const giveUpAt = Date.now() + LIMIT_MS;
  while (!(await condition())) {
    if (Date.now() > giveUpAt) throw new Error(`timed out while waiting until ${what}`);
    await delay(200);
  }
}

const isPublished = async (stage: StageClient) => (await Array.fromAsync(stage.outbox())).flat().length === 0;

/** Waits until all messages are applied. @returns the number of missing, duplicate and out-of-order effects */
async function countWrongEffects(cloud: Cloud, accepted: readonly Accepted[]): Promise<number> {
  const services = createServices({ ...cloud, stage: 'dev' });
  await waitUntil(async () => (await services.countInTransit()) === 0, 'everything is applied');
  const { lost, duplicated, outOfOrder } = compare(accepted, await services.holdings());
  return lost + duplicated + outOfOrder;
}

async function measureStoppedSubscribers(assembly: string, stopped: string) {
  const cloud = await startCloud({ assembly: stopped, beside: [smsSandbox()] });
  try {
    const stage = openStage({ app: APPLICATION, name: 'dev', endpoint: cloud.endpointUrl });
    const { accepted, figures } = await register(cloud, members);
    await waitUntil(() => isPublished(stage), 'everything is published');
    const waiting = await backlog(stage);
    const start = performance.now();
    await cloud.redeploy(assembly);
    const wrong = await countWrongEffects(cloud, accepted);
    return { ...figures, backlog: waiting, appliedAfterSeconds: seconds(start), wrong };
  } finally {
    await cloud.stop();
  }
}

/** Measures a slow relay. The subscribers are stopped, because on one machine their work would slow down the API. */
async function measureSlowRelay(assembly: string, stopped: string) {
  let isSlow = true;
  const cloud = await startCloud({
    assembly: stopped,
    beside: [smsSandbox()],
    faults: {
      call: (_, operation) => (isSlow && operation === 'PublishBatch' ? SLOW : undefined),
      death: () => undefined,
      happened: () => {},
      answered: () => {},
    },
  });
  try {
    const stage = openStage({ app: APPLICATION, name: 'dev', endpoint: cloud.endpointUrl });
    const { accepted, figures } = await register(cloud, slow);
    const unpublished = (await Array.fromAsync(stage.outbox())).flat().length;
    const start = performance.now();
    isSlow = false;
    await waitUntil(() => isPublished(stage), 'everything is published');
    const drainedAfterSeconds = seconds(start);
    await cloud.redeploy(assembly);
    const wrong = await countWrongEffects(cloud, accepted);
    return { ...figures, unpublished, drainedAfterSeconds, wrong };
  } finally {
    await cloud.stop();
  }
}

try {
  const assembly = await synthesize(join(folder, 'assembly'));
  const stopped = withoutSubscribers(assembly);
  const figures = {
    cpus: cpus().length,
    subscribersStopped: await measureStoppedSubscribers(assembly, stopped),
    relaySlow: await measureSlowRelay(assembly, stopped),
  };
  console.log(JSON.stringify(figures, null, 2));
  process.exitCode = figures.subscribersStopped.wrong + figures.relaySlow.wrong > 0 ? 1 : 0;
  if (json) writeFileSync(json, `${JSON.stringify(figures, null, 2)}\n`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
