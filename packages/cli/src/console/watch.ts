import { setTimeout as delay } from 'node:timers/promises';
import type { App } from '../app-definition.ts';
import type { EmbeddedCloud } from '../stage/embedded-cloud.ts';
import type { Stage } from '../stage/stage.ts';
import type { Topology } from '../stage/topology.ts';
import type { Burst, Failure, LoadPoint, Passing, RecentAggregate, Snapshot } from './api.ts';
import { createLive } from './live.ts';
import { measuredLoad } from './measured.ts';
import type { Bursts } from './parts.ts';
import type { Standing } from './pictures.ts';
import { standingOf } from './standing.ts';

/** What whoever looks at the page is told as it happens. */
export type Told =
  | { event: 'snapshot'; data: Snapshot }
  | { event: 'messages'; data: Passing[] }
  | { event: 'burst'; data: Burst }
  | { event: 'failures'; data: readonly Failure[] };

export interface WatchOptions {
  app: Partial<App>;
  stage: Stage;
  /** Nothing: it is an account, whose queues cost money to ask, and whose metrics come a minute late. */
  cloud: EmbeddedCloud | undefined;
  topology: Topology;
  subscribers: readonly string[];
  tell: (told: Told) => void;
  bursts: Bursts | undefined;
}

const EMBEDDED = { everyMs: 1_000, standingEveryMs: 2_000 };
const ACCOUNT = { everyMs: 10_000, standingEveryMs: 10_000 };
/** While nobody looks, an embedded cloud is asked how it stands only so often: it is some 20 calls. */
const UNSEEN_STANDING_EVERY_MS = 15_000;

const MAX_FAILURES = 50;

/** What is asked of a stage again and again; in Chinese, too. */
const WATCHED = { 'what happens': '正在发生什么', 'how it stands': '当前状态' };
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
 * Watches a stage: an embedded cloud from the start, so that its load of the last fifteen minutes is known to whoever looks first;
 * an account only while somebody looks.
 */
export function createWatch({ app, stage, cloud, topology, subscribers, tell, bursts }: WatchOptions) {
  const { everyMs, standingEveryMs } = cloud ? EMBEDDED : ACCOUNT;
  const live = createLive(topology);
  let standing = NOTHING;
  let after = 0;
  let functionFailures: readonly Failure[] = [];
  let isSeen = false;
  let stoodAt = Number.NEGATIVE_INFINITY;
  /** What is told first is past already. */
  let isNew = true;
  let watching: { stopping: AbortController; loops: Promise<unknown> } | undefined;
  /** Why each loop's last look failed. */
  const failures = new Map<Watched, string>();

  async function repeat(what: Watched, everyMs: number, signal: AbortSignal, look: () => Promise<void>): Promise<void> {
    while (!signal.aborted) {
      try {
        await look();
        failures.delete(what);
      } catch (error) {
        failures.set(what, (error as Error).message);
      }
      if (what === 'what happens') tellSnapshot();
      await delay(everyMs, undefined, { signal }).catch(() => {});
    }
  }

  async function look(): Promise<void> {
    if (!cloud) return;
    const happened = await cloud.happened(after);
    // What was before the watch began was in other seconds.
    if (isNew) live.recall(happened);
    else live.see(happened);
    isNew = false;
    bursts?.see(happened.spans);
    if (happened.failures.length > 0) {
      functionFailures = [...happened.failures.toReversed(), ...functionFailures].slice(0, MAX_FAILURES);
      tell({ event: 'failures', data: functionFailures });
    }
    after = happened.next;
  }

  function tellSnapshot(): void {
    const unreachable = [...failures].map(([what, why]) => ({
      en: `the stage does not tell ${what}: ${why}`,
      zh: `无法得知${WATCHED[what]}：${why}`,
    }));
    const warnings = [...standing.warnings, ...unreachable];
    const { snapshot, messages } = live.tick(new Date(), { ...standing, warnings });
    tell({ event: 'snapshot', data: snapshot });
    if (messages.length > 0) tell({ event: 'messages', data: messages });
    bursts?.tick();
  }

  async function lookHowItStands(): Promise<void> {
    if (!isSeen && performance.now() - stoodAt < UNSEEN_STANDING_EVERY_MS) return;
    standing = await standingOf(stage, subscribers, cloud, app.console?.faults);
    stoodAt = performance.now();
  }

  function begin(): void {
    if (watching) return;
    const stopping = new AbortController();
    const { signal } = stopping;
    const loops = Promise.all([
      repeat('what happens', everyMs, signal, look),
      repeat('how it stands', standingEveryMs, signal, lookHowItStands),
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
    /** Somebody looks. */
    seen(): void {
      isSeen = true;
      begin();
    },
    /** Nobody looks any more. */
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
