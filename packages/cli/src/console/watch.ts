import { setTimeout as delay } from 'node:timers/promises';
import type { App } from '../app-definition.ts';
import type { EmbeddedCloud } from '../stage/embedded-cloud.ts';
import type { StageClient } from '../stage/stage.ts';
import type { Topology } from '../stage/topology.ts';
import type { Burst, Failure, LoadPoint, Passing, RecentAggregate, Snapshot } from './api.ts';
import { createLive } from './live.ts';
import { measuredLoad } from './measured.ts';
import type { Bursts } from './parts.ts';
import type { Standing } from './pictures.ts';
import { standingOf } from './standing.ts';

/** Events for the open pages. */
export type Told =
  | { event: 'snapshot'; data: Snapshot }
  | { event: 'messages'; data: Passing[] }
  | { event: 'burst'; data: Burst }
  | { event: 'failures'; data: readonly Failure[] };

export interface WatchOptions {
  app: Partial<App>;
  stage: StageClient;
  /** Undefined for an AWS account: reading its queues costs money, and its metrics arrive a minute late. */
  cloud: EmbeddedCloud | undefined;
  topology: Topology;
  subscribers: readonly string[];
  tell: (told: Told) => void;
  bursts: Bursts | undefined;
}

const EMBEDDED = { everyMs: 1_000, standingEveryMs: 2_000 };
const ACCOUNT = { everyMs: 10_000, standingEveryMs: 10_000 };
/** Polling interval of a busy embedded cloud while no page is open. A poll makes about 20 calls. */
const UNSEEN_STANDING_EVERY_MS = 15_000;

const MAX_FAILURES = 50;

/** Names of the polling loops, in both languages. */
const WATCHED = { activity: '正在发生什么', state: '当前状态' };
type Watched = keyof typeof WATCHED;

const NOTHING: Standing = {
  queues: new Map(),
  outboxes: new Map(),
  parked: new Map(),
  stopped: new Set(),
  warnings: [],
};

export type Watch = ReturnType<typeof createWatch>;

/**
 * Watches a stage: an embedded cloud from the start, so the first page already shows its load of the last 15 minutes;
 * an AWS account only while a page is open.
 */
export function createWatch({ app, stage, cloud, topology, subscribers, tell, bursts }: WatchOptions) {
  const { everyMs, standingEveryMs } = cloud ? EMBEDDED : ACCOUNT;
  const live = createLive(topology);
  let standing = NOTHING;
  let after = 0;
  let functionFailures: readonly Failure[] = [];
  let isSeen = false;
  let stoodAt = Number.NEGATIVE_INFINITY;
  /** Whether spans or messages have arrived since the backlogs were last read. */
  let hasMoved = true;
  /** The first poll returns past events. */
  let isNew = true;
  let watching: { stopping: AbortController; loops: Promise<unknown> } | undefined;
  /** The last error of each loop. */
  const failures = new Map<Watched, string>();

  async function repeat(what: Watched, everyMs: number, signal: AbortSignal, look: () => Promise<void>): Promise<void> {
    while (!signal.aborted) {
      try {
        await look();
        failures.delete(what);
      } catch (error) {
        failures.set(what, (error as Error).message);
      }
      if (what === 'activity') tellSnapshot();
      await delay(everyMs, undefined, { signal }).catch(() => {});
    }
  }

  async function look(): Promise<void> {
    if (!cloud) return;
    const happened = await cloud.happened(after);
    // Events from before the first poll belong to earlier seconds, so they are not counted.
    if (isNew) live.recall(happened);
    else live.see(happened);
    isNew = false;
    hasMoved ||= happened.spans.length > 0 || happened.messages.length > 0;
    bursts?.see(happened.spans);
    if (happened.failures.length > 0) {
      functionFailures = [...happened.failures.toReversed(), ...functionFailures].slice(0, MAX_FAILURES);
      tell({ event: 'failures', data: functionFailures });
    }
    after = happened.next;
  }

  function tellSnapshot(): void {
    const unreachable = [...failures].map(([what, why]) => ({
      en: `the ${what} of the stage cannot be read: ${why}`,
      zh: `无法得知${WATCHED[what]}：${why}`,
    }));
    const warnings = [...standing.warnings, ...unreachable];
    const { snapshot, messages } = live.tick(new Date(), { ...standing, warnings });
    tell({ event: 'snapshot', data: snapshot });
    if (messages.length > 0) tell({ event: 'messages', data: messages });
    bursts?.tick();
  }

  async function lookHowItStands(): Promise<void> {
    // Without an open page, an idle cloud is not polled.
    if (!isSeen && (!hasMoved || performance.now() - stoodAt < UNSEEN_STANDING_EVERY_MS)) return;
    hasMoved = false;
    standing = await standingOf(stage, subscribers, cloud, app.console?.faults);
    stoodAt = performance.now();
  }

  function begin(): void {
    if (watching) return;
    const stopping = new AbortController();
    const { signal } = stopping;
    const loops = Promise.all([
      repeat('activity', everyMs, signal, look),
      repeat('state', standingEveryMs, signal, lookHowItStands),
    ]);
    watching = { stopping, loops };
  }

  async function stop(): Promise<void> {
    const ending = watching;
    watching = undefined;
    ending?.stopping.abort();
    await ending?.loops;
  }

  if (cloud) begin();
  return {
    /** Call this when a page was opened. */
    seen(): void {
      isSeen = true;
      begin();
    },
    /** Call this when the last page was closed. */
    unseen(): void {
      isSeen = false;
      if (!cloud) void stop();
    },
    stop,
    load: async (): Promise<readonly LoadPoint[]> =>
      cloud ? live.load() : measuredLoad(stage, subscribers, new Date(), app.console?.created),
    failures: (): readonly Failure[] => functionFailures,
    aggregates: (): readonly RecentAggregate[] => live.aggregates(),
  };
}
