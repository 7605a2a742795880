import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Command } from 'commander';
import pc from 'picocolors';
import { synthesize } from '../../local/synthesize.ts';
import type { ParkedMessage } from '../../shared/messaging/subscriber-store.ts';
import { printTable, progressBar } from '../cli/output.ts';
import { redrive } from '../cli/redrive.ts';
import { openStage } from '../cli/stage.ts';
import { atLeast } from '../demo/options.ts';
import { createServices } from '../demo/services.ts';
import { MortalCloud, type Urls } from './cloud.ts';
import { seededRandom } from './faults.ts';
import { load } from './load.ts';
import { checkAll, checkFailures, type Seen, type Violation } from './verdict.ts';

const { members, seed, concurrency, kills, json } = new Command('npm run chaos --')
  .description('Registers members in an embedded cloud in which everything goes wrong, and checks G1 to G6.')
  .option('--members <n>', 'register so many', atLeast(1), 1_000)
  .option('--seed <n>', 'fixes which faults are drawn, though not when: that is up to the machine', atLeast(0), 1)
  .option('--concurrency <n>', 'requests under way at once', atLeast(1), 24)
  .option('--kills <n>', 'how often the whole cloud is killed and started again', atLeast(0), 3)
  .option('--json', 'print one JSON object and nothing else')
  .addHelpText(
    'after',
    '\nEverything stays on 127.0.0.1 and in a temporary folder. Exit code 1: a guarantee was violated.',
  )
  .parse()
  .opts<{ members: number; seed: number; concurrency: number; kills: number; json?: boolean }>();

/** Without any progress for longer than a message can be held back (a visibility timeout, a sweep), this is all there is. */
const PATIENCE_MS = 180_000;
const SUBSCRIBERS = ['sms', 'points', 'guide'];

const say = (what: string) => {
  if (!json) console.error(pc.dim(`${new Date().toISOString().slice(11, 19)} ${what}`));
};

/** Runs the load, and kills the cloud at even distances of it. */
async function runLoad(cloud: MortalCloud, { apiUrl }: Urls, random: () => number) {
  const bar = json ? undefined : progressBar(members, 'registering');
  const deaths = Array.from({ length: kills }, (_, index) => Math.ceil((members * (index + 1)) / (kills + 1)));
  let restarting = Promise.resolve();
  const restart = async () => {
    await cloud.kill();
    await cloud.start();
  };
  const result = await load({
    apiUrl,
    members,
    concurrency,
    random,
    onProgress(done) {
      bar?.update(done);
      if (deaths.includes(done)) restarting = restarting.then(restart);
    },
  });
  await restarting;
  bar?.stop();
  return result;
}

/** Waits until `look` finds nothing left to do, or until what is left has not changed for long. */
async function comeToRest(look: () => Promise<number>): Promise<void> {
  let left = Number.POSITIVE_INFINITY;
  let since = performance.now();
  for (;;) {
    const now = await look();
    if (now === 0) return;
    if (now !== left) since = performance.now();
    left = now;
    if (performance.now() - since > PATIENCE_MS) return;
    await delay(1_000);
  }
}

async function run(cloud: MortalCloud) {
  const start = performance.now();
  const urls = await cloud.start();
  const stage = openStage({ name: 'dev', endpoint: urls.endpointUrl });
  const services = createServices({ ...urls, stage: 'dev' });
  const loaded = await runLoad(cloud, urls, seededRandom(seed));

  async function look(): Promise<Seen> {
    const parked = new Map<string, ParkedMessage[]>();
    for (const subscriber of SUBSCRIBERS)
      parked.set(subscriber, (await Array.fromAsync(stage.parked(subscriber))).flat());
    const { accepted } = loaded;
    return {
      accepted,
      holdings: await services.holdings(),
      members: await services.members(),
      parked,
      observed: cloud.observed,
    };
  }
  const notForPerson = ({ parked }: Seen) =>
    [...parked.values()].flatMap((all) => {
      const blocked = new Set(all.filter(({ reason }) => reason === 'failed').map(({ aggregateId }) => aggregateId));
      return all.filter(({ aggregateId }) => !blocked.has(aggregateId));
    });

  say(`${loaded.accepted.length} registered; faults end, but for what the gateway refuses`);
  cloud.becomes('repairing');
  await comeToRest(async () => (await services.underWay()) + notForPerson(await look()).length);
  const broken = await look();
  const violations: Violation[] = [...loaded.violations, ...checkFailures(broken)];

  say('the gateway is repaired; what is parked is redriven');
  cloud.becomes('calm');
  let redriven = 0;
  for (const [subscriber, parked] of broken.parked) {
    const aggregates = [...new Set(parked.map(({ aggregateId }) => aggregateId))];
    redriven += (await redrive(stage, subscriber, aggregates, { onProgress: () => {} })).applied;
  }
  await comeToRest(async () => {
    const { parked } = await look();
    return (await services.underWay()) + [...parked.values()].flat().length;
  });
  violations.push(...checkAll(await look()));

  const faults = Object.fromEntries(
    [...Map.groupBy(cloud.observed.faults, ({ fault }) => fault)].map(([fault, all]) => [fault, all.length]).sort(),
  );
  return {
    members,
    seed,
    registered: loaded.accepted.length,
    requests: loaded.requests,
    published: cloud.observed.published.length,
    faults: cloud.observed.faults.length,
    kills: cloud.observed.kills,
    parked: [...broken.parked.values()].flat().length,
    redriven,
    seconds: Math.round((performance.now() - start) / 1000),
    guarantees: Object.fromEntries(
      ['G1', 'G2', 'G3', 'G4', 'G5', 'G6'].map((name) => [
        name,
        violations.filter(({ guarantee }) => guarantee === name).length === 0 ? 'held' : 'violated',
      ]),
    ),
    violations,
    faultsByKind: faults,
  };
}

const folder = await mkdtemp(join(tmpdir(), 'rollcall-chaos-'));
const cloud = new MortalCloud(await synthesize(join(folder, 'assembly')), join(folder, 'data'), seed);
try {
  const result = await run(cloud);
  if (json) console.log(JSON.stringify(result, null, 2));
  else {
    const { violations, faultsByKind, guarantees, ...figures } = result;
    printTable(
      Object.entries(faultsByKind).map(([fault, count]) => ({ fault, count })),
      { empty: 'No faults.' },
    );
    for (const [name, value] of Object.entries(figures)) console.log(`${name.padEnd(12)}${value}`);
    for (const [name, verdict] of Object.entries(guarantees)) {
      console.log(`${name.padEnd(12)}${verdict === 'held' ? pc.green(verdict) : pc.red(verdict)}`);
    }
    for (const { guarantee, what, history } of violations) {
      console.log(pc.red(`${guarantee}: ${what}`));
      for (const entry of history) console.log(`  ${typeof entry === 'string' ? entry : JSON.stringify(entry)}`);
    }
  }
  process.exitCode = result.violations.length > 0 ? 1 : 0;
} finally {
  await cloud.stop();
  await rm(folder, { recursive: true, force: true });
}
