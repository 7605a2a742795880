import { setTimeout as delay } from 'node:timers/promises';
import type { ParkedMessage } from '@rollcall/kit/internal/messaging/subscriber-store';
import { randomOf } from '@rollcall/kit/internal/testing/simulation/random';
import { progressBar } from 'rollcall/internal/cli/output';
import { redrive } from 'rollcall/internal/stage/redrive';
import { openStage, type StageClient } from 'rollcall/internal/stage/stage';
import { switchTo } from 'rollcall/internal/stage/switches';
import { requestToken } from 'rollcall/internal/token';
import { type Capability, type Mode, profiles } from '../../shared/config/capabilities.ts';
import { APPLICATION } from '../application.ts';
import { compareRedemptions } from '../demo/redemptions.ts';
import { createServices } from '../demo/services.ts';
import { EVERY_MEMBER } from '../every-member.ts';
import type { KillableCloud, Urls } from './cloud.ts';
import type { FaultLevel } from './faults.ts';
import { load } from './load.ts';
import { checkAll, checkFailures, type Snapshot, subjectOf, type Violation } from './verdict.ts';

/** An action to run during the load. */
export interface Disturbance {
  /** The action runs when the load has finished the requests of this many members. */
  at: number;
  disturb: (stage: StageClient) => Promise<void>;
}

export interface RunOptions {
  members: number;
  /** Seed of the generated members. */
  seed: number;
  /** Concurrent requests. */
  concurrency: number;
  /** The faults while members register. */
  faultLevel: FaultLevel;
  /** The gateway rejects one in this many SMS. */
  rejectOneIn: number;
  disturbances: readonly Disturbance[];
  /** Reports the progress. */
  log: (what: string) => void;
  /** Whether to show no progress bar. */
  isQuiet: boolean;
}

export type Result = Awaited<ReturnType<typeof run>>;

/** The gateway rejects one in this many SMS. The number is low enough that a small run has rejections too. */
export const rejectionInterval = (members: number): number => Math.max(5, Math.min(200, Math.floor(members / 10)));

/**
 * A run stops waiting for pending work after this time without progress. Visibility timeouts and sweeps delay a message
 * for less time.
 */
const PROGRESS_TIMEOUT_MS = 180_000;
/** A run stops waiting for pending work this long after its start. A run with 10,000 members takes less time. */
const RUN_TIMEOUT_MS = 45 * 60_000;
/** Capabilities that the operator switches at equal intervals of the load, each for one interval. */
const SWITCHED = [
  ['points', 'pause'],
  ['guide', 'skip'],
  ['sms', 'pause'],
] as const satisfies ReadonlyArray<readonly [Capability, Mode]>;

const failedOf = (parked: readonly ParkedMessage[] = []) => parked.filter(({ reason }) => reason === 'failed');

const aggregatesOf = (parked: readonly ParkedMessage[]) => [...new Set(parked.map(({ aggregateId }) => aggregateId))];

async function parkedIn(stage: StageClient): Promise<Map<string, ParkedMessage[]>> {
  const parked = new Map<string, ParkedMessage[]>();
  for (const consumer of await stage.subscribers()) {
    parked.set(consumer, (await Array.fromAsync(stage.parked(consumer))).flat());
  }
  return parked;
}

/**
 * Redrives all parked messages at once, without a canary, because a canary that fails permanently would stop the
 * redrive.
 * @returns the number of messages that were applied
 */
export async function redriveAll(stage: StageClient): Promise<number> {
  let applied = 0;
  for (const [subscriber, parked] of await parkedIn(stage)) {
    const answer = await stage.sendParkingRequest(subscriber, { redrive: aggregatesOf(parked) });
    if ('reports' in answer) applied += answer.reports.reduce((sum, report) => sum + report.applied, 0);
  }
  return applied;
}

/** Creates the disturbances in which the operator switches each capability for one interval of the load. */
function switchDisturbances(members: number, log: RunOptions['log']): Disturbance[] {
  const turn = (at: number, capability: Capability, mode: Mode): Disturbance => ({
    at: Math.ceil((members * at) / (2 * SWITCHED.length + 1)),
    async disturb(stage) {
      try {
        await switchTo(stage, [[capability, mode]], { why: 'chaos' });
      } catch (error) {
        log(`the operator could not switch ${capability}: ${(error as Error).message}`);
      }
    },
  });
  return SWITCHED.flatMap(([capability, mode], index) => [
    turn(2 * index + 1, capability, mode),
    turn(2 * index + 2, capability, 'on'),
  ]);
}

/** Runs the load and its disturbances. */
async function runLoad({ apiUrl, endpointUrl }: Urls, stage: StageClient, options: RunOptions) {
  const { members, seed, concurrency, log, isQuiet } = options;
  const bar = isQuiet ? undefined : progressBar(members, 'registering');
  const disturbances = [...options.disturbances, ...switchDisturbances(members, log)];
  let disturbing = Promise.resolve();
  const result = await load({
    apiUrl,
    token: await requestToken(endpointUrl, EVERY_MEMBER),
    members,
    concurrency,
    random: randomOf(seed),
    onProgress(done) {
      bar?.update(done);
      for (const { at, disturb } of disturbances) {
        if (at === done) disturbing = disturbing.then(() => disturb(stage));
      }
      // After an action fails, the load continues without further actions. The `await` below throws the error.
      disturbing.catch(() => {});
    },
  });
  await disturbing;
  bar?.stop();
  return result;
}

/** Releases all held messages, as an operator would. The mode `skip` of a capability holds messages. */
async function releaseHeld(stage: StageClient): Promise<void> {
  for (const [subscriber, parked] of await parkedIn(stage)) {
    const held = aggregatesOf(parked.filter(({ reason }) => reason === 'held'));
    if (held.length > 0) await redrive(stage, subscriber, held, { release: true, onProgress: () => {} });
  }
}

/** Waits until no work is left, the timeout passes without progress, or the time `giveUpAt` is reached. */
async function waitUntilIdle(
  observe: () => Promise<{ pending: number; nextTryAt: number }>,
  giveUpAt: number,
): Promise<void> {
  let lowest = Number.POSITIVE_INFINITY;
  let deadline = 0;
  for (;;) {
    const { pending, nextTryAt } = await observe();
    if (pending === 0) return;
    if (pending < lowest) deadline = Date.now() + PROGRESS_TIMEOUT_MS;
    lowest = Math.min(lowest, pending);
    // Also waits for scheduled retries.
    if (Date.now() > Math.min(Math.max(deadline, nextTryAt + PROGRESS_TIMEOUT_MS), giveUpAt)) return;
    await delay(1_000);
  }
}

/** Runs a load on a cloud, ends the faults, redrives parked messages, and evaluates guarantees G1 to G6. */
export async function run(cloud: KillableCloud, options: RunOptions) {
  const { members, seed, faultLevel, rejectOneIn, log } = options;
  const start = performance.now();
  const giveUpAt = Date.now() + RUN_TIMEOUT_MS;
  const urls = await cloud.start();
  const stage = openStage({ app: APPLICATION, name: 'dev', endpoint: urls.endpointUrl });
  const services = createServices({ ...urls, stage: 'dev' });
  cloud.setFaultLevel(faultLevel);
  const loaded = await runLoad(urls, stage, options);

  const observe = async (): Promise<Snapshot> => ({
    accepted: loaded.accepted,
    redemptions: loaded.redemptions,
    formerMembers: loaded.formerMembers,
    holdings: await services.holdings(),
    members: await services.members(),
    parked: await parkedIn(stage),
    observed: cloud.observed,
  });
  /** Counts the pending work that needs no operator. */
  async function countPending() {
    const inTransit = await services.countInTransit();
    const all = await parkedIn(stage);
    const unreachable = new Set(aggregatesOf(failedOf(all.get('sms'))));
    const waiting = [...all.values()].flatMap((parked) => {
      const blocked = new Set(aggregatesOf(failedOf(parked)));
      return parked.filter((one) => !blocked.has(one.aggregateId) && !unreachable.has(subjectOf(one)));
    });
    return {
      pending: inTransit + waiting.length,
      nextTryAt: Math.max(0, ...waiting.map(({ nextTryAt = 0 }) => Date.parse(String(nextTryAt)) || 0)),
    };
  }

  log(`${loaded.accepted.length} registered; faults end, except the gateway's permanent rejections`);
  cloud.setFaultLevel('rejections');
  await switchTo(stage, Object.entries(profiles.normal), { why: 'chaos: faults ended' });
  await waitUntilIdle(async () => {
    await releaseHeld(stage);
    return countPending();
  }, giveUpAt);
  const broken = await observe();
  const violations: Violation[] = [...loaded.violations, ...checkFailures(broken, rejectOneIn)];

  log('the gateway is repaired; parked messages are redriven');
  cloud.setFaultLevel('none');
  let redriven = 0;
  for (const [subscriber, parked] of broken.parked) {
    redriven += (await redrive(stage, subscriber, aggregatesOf(parked), { onProgress: () => {} })).applied;
  }
  await waitUntilIdle(async () => {
    const { pending, nextTryAt } = await countPending();
    return { pending: pending + [...(await parkedIn(stage)).values()].flat().length, nextTryAt };
  }, giveUpAt);
  const repaired = await observe();
  violations.push(...checkAll(repaired));
  const { expired } = compareRedemptions(loaded.redemptions, repaired.members, repaired.holdings.items);

  const faults = Object.fromEntries(
    [...Map.groupBy(cloud.observed.faults, ({ fault }) => fault)].map(([fault, all]) => [fault, all.length]).sort(),
  );
  const failed = failedOf([...broken.parked.values()].flat()).length;
  return {
    members,
    seed,
    registered: loaded.accepted.length,
    redemptions: loaded.redemptions.length,
    formerMembers: loaded.formerMembers.length,
    expired,
    requests: loaded.requests,
    published: cloud.observed.published.length,
    faults: cloud.observed.faults.length,
    kills: cloud.observed.kills,
    permanentlyRefused: failed,
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
