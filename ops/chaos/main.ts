import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { ParkedMessage } from '@rollcall/kit/internal/messaging/subscriber-store';
import { randomOf } from '@rollcall/kit/internal/testing/simulation/random';
import { synthesize } from '@rollcall/local/internal/synthesize';
import { Command } from 'commander';
import pc from 'picocolors';
import { printTable, progressBar } from 'rollcall/internal/cli/output';
import { endWithNpm } from 'rollcall/internal/ending';
import { redrive } from 'rollcall/internal/stage/redrive';
import { openStage, type Stage } from 'rollcall/internal/stage/stage';
import { switchTo } from 'rollcall/internal/stage/switches';
import { requestToken } from 'rollcall/internal/token';
import { type Capability, type Mode, profiles } from '../../shared/config/capabilities.ts';
import { APPLICATION } from '../application.ts';
import { atLeast } from '../demo/options.ts';
import { createServices } from '../demo/services.ts';
import { EVERY_MEMBER } from '../every-member.ts';
import { MortalCloud, type Urls } from './cloud.ts';
import { load } from './load.ts';
import { checkAll, checkFailures, type Seen, subjectOf, type Violation } from './verdict.ts';

endWithNpm();

const { members, seed, concurrency, kills, json } = new Command('npm run chaos --')
  .description('Registers members in an embedded cloud in which everything goes wrong, and checks G1 to G6.')
  .option('--members <n>', 'register so many', atLeast(1), 1_000)
  .option(
    '--seed <n>',
    'fixes the members and the chances of faults; which call meets which is up to the machine',
    atLeast(0),
    1,
  )
  .option('--concurrency <n>', 'requests under way at once', atLeast(1), 24)
  .option('--kills <n>', 'how often the whole cloud is killed and started again', atLeast(0), 3)
  .option('--json', 'print one JSON object and nothing else')
  .addHelpText(
    'after',
    '\nEverything stays on 127.0.0.1 and in a temporary folder. Exit code 1: a guarantee was violated.',
  )
  .parse()
  .opts<{ members: number; seed: number; concurrency: number; kills: number; json?: boolean }>();

/** A timeout without progress, longer than a message can be delayed (a visibility timeout, a sweep). */
const PATIENCE_MS = 180_000;
/** For the whole run with 10,000 members; a longer run has stalled. */
const LIMIT_MS = 45 * 60_000;
/** Capabilities that the operator switches at equal intervals of the load, each for one interval. */
const SWITCHED = [
  ['points', 'pause'],
  ['guide', 'skip'],
  ['sms', 'pause'],
] as const satisfies ReadonlyArray<readonly [Capability, Mode]>;
/** One SMS of this many is permanently rejected: enough of them in a small run too. */
const refusedOf = Math.max(5, Math.min(200, Math.floor(members / 10)));

const say = (what: string) => {
  if (!json) console.error(pc.dim(`${new Date().toISOString().slice(11, 19)} ${what}`));
};

const failedOf = (parked: readonly ParkedMessage[] = []) => parked.filter(({ reason }) => reason === 'failed');

const aggregatesOf = (parked: readonly ParkedMessage[]) => [...new Set(parked.map(({ aggregateId }) => aggregateId))];

async function parkedIn(stage: Stage): Promise<Map<string, ParkedMessage[]>> {
  const parked = new Map<string, ParkedMessage[]>();
  for (const consumer of await stage.subscribers()) {
    parked.set(consumer, (await Array.fromAsync(stage.parked(consumer))).flat());
  }
  return parked;
}

/** Runs the load, kills the cloud at equal intervals, and redrives in between as an operator. */
async function runLoad(cloud: MortalCloud, { apiUrl, endpointUrl }: Urls, stage: Stage, random: () => number) {
  const bar = json ? undefined : progressBar(members, 'registering');
  const deaths = Array.from({ length: kills }, (_, index) => Math.ceil((members * (index + 1)) / (kills + 1)));
  const turns = SWITCHED.flatMap(([capability, mode], index) => {
    const at = (turn: number) => Math.ceil((members * turn) / (2 * SWITCHED.length + 1));
    return [
      { at: at(2 * index + 1), capability, mode },
      { at: at(2 * index + 2), capability, mode: 'on' as const },
    ];
  });
  let disturbing = Promise.resolve();
  async function turn(capability: Capability, mode: Mode): Promise<void> {
    try {
      await switchTo(stage, [[capability, mode]], { why: 'chaos' });
    } catch (error) {
      say(`the operator could not switch ${capability}: ${(error as Error).message}`);
    }
  }
  let redrivenInStorm = 0;
  async function disturb(): Promise<void> {
    await cloud.kill();
    await cloud.start();
    try {
      for (const [subscriber, parked] of await parkedIn(stage)) {
        // All at once, without a canary, which permanent rejections would stop.
        const answer = await stage.askParking(subscriber, { redrive: aggregatesOf(parked) });
        if ('reports' in answer) redrivenInStorm += answer.reports.reduce((sum, { applied }) => sum + applied, 0);
      }
    } catch (error) {
      // The operator's own calls fail too. What was redriven stays applied.
      say(`the operator gives up: ${(error as Error).message}`);
    }
  }
  const result = await load({
    apiUrl,
    token: await requestToken(endpointUrl, EVERY_MEMBER),
    members,
    concurrency,
    random,
    onProgress(done) {
      bar?.update(done);
      if (deaths.includes(done)) disturbing = disturbing.then(disturb);
      for (const { at, capability, mode } of turns)
        if (at === done) disturbing = disturbing.then(() => turn(capability, mode));
    },
  });
  await disturbing;
  bar?.stop();
  return { ...result, redrivenInStorm };
}

/** Messages that were skipped while a capability was off are released by an operator. */
async function releaseHeld(stage: Stage): Promise<void> {
  for (const [subscriber, parked] of await parkedIn(stage)) {
    const held = aggregatesOf(parked.filter(({ reason }) => reason === 'held'));
    if (held.length > 0) await redrive(stage, subscriber, held, { release: true, onProgress: () => {} });
  }
}

/** Waits until nothing is left to do, or there is no progress until the timeout. */
async function comeToRest(look: () => Promise<{ left: number; laterAt: number }>, giveUpAt: number): Promise<void> {
  let least = Number.POSITIVE_INFINITY;
  let patienceEnds = 0;
  for (;;) {
    const { left, laterAt } = await look();
    if (left === 0) return;
    if (left < least) patienceEnds = Date.now() + PATIENCE_MS;
    least = Math.min(least, left);
    // Scheduled retries are waited for.
    if (Date.now() > Math.min(Math.max(patienceEnds, laterAt + PATIENCE_MS), giveUpAt)) return;
    await delay(1_000);
  }
}

async function run(cloud: MortalCloud) {
  const start = performance.now();
  const giveUpAt = Date.now() + LIMIT_MS;
  const urls = await cloud.start();
  const stage = openStage({ app: APPLICATION, name: 'dev', endpoint: urls.endpointUrl });
  const services = createServices({ ...urls, stage: 'dev' });
  const loaded = await runLoad(cloud, urls, stage, randomOf(seed));

  const look = async (): Promise<Seen> => ({
    accepted: loaded.accepted,
    redemptions: loaded.redemptions,
    left: loaded.left,
    holdings: await services.holdings(),
    members: await services.members(),
    parked: await parkedIn(stage),
    observed: cloud.observed,
  });
  /** What is still to be done without a person. */
  async function left() {
    const underWay = await services.underWay();
    const all = await parkedIn(stage);
    const unreachable = new Set(aggregatesOf(failedOf(all.get('sms'))));
    const waiting = [...all.values()].flatMap((parked) => {
      const blocked = new Set(aggregatesOf(failedOf(parked)));
      return parked.filter((one) => !blocked.has(one.aggregateId) && !unreachable.has(subjectOf(one)));
    });
    return {
      left: underWay + waiting.length,
      laterAt: Math.max(0, ...waiting.map(({ nextTryAt = 0 }) => Date.parse(String(nextTryAt)) || 0)),
    };
  }

  say(`${loaded.accepted.length} registered; faults end, but for what the gateway refuses`);
  cloud.becomes('repairing');
  await switchTo(stage, Object.entries(profiles.normal), { why: 'the storm is over' });
  await comeToRest(async () => {
    await releaseHeld(stage);
    return left();
  }, giveUpAt);
  const broken = await look();
  const violations: Violation[] = [...loaded.violations, ...checkFailures(broken, refusedOf)];

  say('the gateway is repaired; what is parked is redriven');
  cloud.becomes('calm');
  let redriven = 0;
  for (const [subscriber, parked] of broken.parked) {
    redriven += (await redrive(stage, subscriber, aggregatesOf(parked), { onProgress: () => {} })).applied;
  }
  await comeToRest(async () => {
    const { left: open, laterAt } = await left();
    return { left: open + [...(await parkedIn(stage)).values()].flat().length, laterAt };
  }, giveUpAt);
  const repaired = await look();
  violations.push(...checkAll(repaired));
  const expired = repaired.members.filter(
    ({ outcome }) => (outcome as { state?: string } | undefined)?.state === 'expired',
  );

  const faults = Object.fromEntries(
    [...Map.groupBy(cloud.observed.faults, ({ fault }) => fault)].map(([fault, all]) => [fault, all.length]).sort(),
  );
  const failed = failedOf([...broken.parked.values()].flat()).length;
  return {
    members,
    seed,
    registered: loaded.accepted.length,
    redemptions: loaded.redemptions.length,
    left: loaded.left.length,
    expired: expired.length,
    requests: loaded.requests,
    published: cloud.observed.published.length,
    faults: cloud.observed.faults.length,
    kills: cloud.observed.kills,
    redrivenInStorm: loaded.redrivenInStorm,
    refusedForGood: failed,
    redriven,
    seconds: Math.round((performance.now() - start) / 1000),
    guarantees: Object.fromEntries(
      ['G1', 'G2', 'G3', 'G4', 'G5', 'G6'].map((name) => {
        if (violations.some(({ guarantee }) => guarantee === name)) return [name, 'violated'];
        return [name, name === 'G4' && failed === 0 ? 'not tested' : 'held'];
      }),
    ),
    violations,
    faultsByKind: faults,
  };
}

const folder = await mkdtemp(join(tmpdir(), 'rollcall-chaos-'));
const assembly = await synthesize(join(folder, 'assembly'));
const cloud = new MortalCloud({ assembly, data: join(folder, 'data'), seed, refusedOf });
try {
  const result = await run(cloud);
  if (json) console.log(JSON.stringify(result, null, 2));
  else {
    const { violations, faultsByKind, guarantees, ...figures } = result;
    printTable(Object.entries(faultsByKind).map(([fault, count]) => ({ fault, count })));
    for (const [name, value] of Object.entries(figures)) console.log(`${name.padEnd(18)}${value}`);
    for (const [name, verdict] of Object.entries(guarantees)) {
      console.log(`${name.padEnd(18)}${verdict === 'held' ? pc.green(verdict) : pc.red(verdict)}`);
    }
    for (const { guarantee, what, history } of violations) {
      console.log(pc.red(`${guarantee}: ${what}`));
      for (const entry of history) console.log(`  ${typeof entry === 'string' ? entry : JSON.stringify(entry)}`);
    }
  }
  process.exitCode = Object.values(result.guarantees).every((verdict) => verdict === 'held') ? 0 : 1;
} finally {
  await cloud.stop();
  await rm(folder, { recursive: true, force: true });
}
