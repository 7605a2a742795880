import { setTimeout as delay } from 'node:timers/promises';
import type { App } from '../app-definition.ts';
import type { EmbeddedCloud } from '../stage/embedded-cloud.ts';
import type { StageClient } from '../stage/stage.ts';
import type { Topology } from '../stage/topology.ts';
import type { StageState } from './activity.ts';
import type { Burst, Failure, LoadPoint, Passing, RecentAggregate, Snapshot } from './api.ts';
import { cloudWatchLoad } from './cloudwatch-load.ts';
import { createLive } from './live.ts';
import type { Bursts } from './parts.ts';
import { readStageState } from './stage-state.ts';

/** Events for the open pages. */
export type PageEvent =
  | { event: 'snapshot'; data: Snapshot }
  | { event: 'messages'; data: Passing[] }
  | { event: 'burst'; data: Burst }
  | { event: 'failures'; data: readonly Failure[] };

export interface WatchOptions {
  app: Partial<App>;
  stage: StageClient;
  /**
   * Undefined for an AWS account. An account is polled less often, because reading queues costs money, and metrics
   * arrive a minute late.
   */
  cloud: EmbeddedCloud | undefined;
  topology: Topology;
  subscribers: readonly string[];
  send: (event: PageEvent) => void;
  bursts: Bursts | undefined;
}

const EMBEDDED = { everyMs: 1_000, stateEveryMs: 2_000 };
const ACCOUNT = { everyMs: 10_000, stateEveryMs: 10_000 };
/** Interval at which the state of a busy embedded cloud is read while no page is open. A read makes about 20 calls. */
const STATE_WITHOUT_PAGE_EVERY_MS = 15_000;
/** While no page is open, `pollActivity` waits up to this time for an event, so that an idle cloud is rarely polled. */
const WAIT_WITHOUT_PAGE_MS = 30_000;

const MAX_FAILURES = 50;

/** Names of the polling loops, in both languages. */
const POLLS = { activity: '活动', state: '状态' };
type Poll = keyof typeof POLLS;

const EMPTY_STATE: StageState = {
  queues: new Map(),
  outboxes: new Map(),
  parked: new Map(),
  stopped: new Set(),
  warnings: [],
};

export type Watch = ReturnType<typeof createWatch>;

/**
 * Watches a stage. An embedded cloud is watched from the start, so that the first page already shows the load of the
 * last 15 minutes. An AWS account is watched only while a page is open.
 */
export function createWatch({ app, stage, cloud, topology, subscribers, send, bursts }: WatchOptions) {
  const { everyMs, stateEveryMs } = cloud ? EMBEDDED : ACCOUNT;
  const live = createLive(topology);
  let state = EMPTY_STATE;
  let after = 0;
  let functionFailures: readonly Failure[] = [];
  let hasOpenPage = false;
  let stateReadAt = Number.NEGATIVE_INFINITY;
  /** Whether spans or messages have arrived since the backlogs were last read. */
  let hasNewActivity = true;
  /** The first poll returns past events. */
  let isFirstPoll = true;
  let running: { stopping: AbortController; loops: Promise<unknown> } | undefined;
  /** The error of each loop whose last poll failed. */
  const failures = new Map<Poll, string>();

  async function repeat(
    name: Poll,
    everyMs: number,
    signal: AbortSignal,
    poll: (signal: AbortSignal) => Promise<void>,
  ): Promise<void> {
    while (!signal.aborted) {
      try {
        await poll(signal);
        failures.delete(name);
      } catch (error) {
        failures.set(name, (error as Error).message);
      }
      await delay(everyMs, undefined, { signal }).catch(() => {});
    }
  }

  async function pollActivity(signal: AbortSignal): Promise<void> {
    if (!cloud) return;
    // The poll after a failed poll does not wait for events, so that the warning ends as soon as a poll succeeds.
    const isWaiting = !hasOpenPage && !isFirstPoll && !failures.has('activity');
    const waitMs = isWaiting ? WAIT_WITHOUT_PAGE_MS : 0;
    const happened = await cloud.happened(after, waitMs, signal);
    // Events from before the first poll belong to earlier seconds, so they are not counted.
    if (isFirstPoll) live.recordPast(happened);
    else live.record(happened);
    isFirstPoll = false;
    hasNewActivity ||= happened.spans.length > 0 || happened.messages.length > 0;
    bursts?.see(happened.spans);
    if (happened.failures.length > 0) {
      functionFailures = [...happened.failures.toReversed(), ...functionFailures].slice(0, MAX_FAILURES);
      send({ event: 'failures', data: functionFailures });
    }
    after = happened.next;
  }

  function sendSnapshot(): void {
    const unreachable = [...failures].map(([poll, why]) => ({
      en: `the ${poll} of the stage cannot be read: ${why}`,
      zh: `无法读取该环境的${POLLS[poll]}：${why}`,
    }));
    const warnings = [...state.warnings, ...unreachable];
    const { snapshot, messages } = live.tick(new Date(), { ...state, warnings });
    send({ event: 'snapshot', data: snapshot });
    if (messages.length > 0) send({ event: 'messages', data: messages });
    bursts?.tick();
  }

  async function sendSnapshots(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await delay(everyMs, undefined, { signal }).catch(() => {});
      if (!signal.aborted) sendSnapshot();
    }
  }

  async function pollState(): Promise<void> {
    // While no page is open, the state of an idle cloud is not read.
    if (!hasOpenPage && (!hasNewActivity || performance.now() - stateReadAt < STATE_WITHOUT_PAGE_EVERY_MS)) return;
    hasNewActivity = false;
    state = await readStageState(stage, subscribers, cloud, app.console?.faults);
    stateReadAt = performance.now();
  }

  function begin(): void {
    if (running) return;
    const stopping = new AbortController();
    const { signal } = stopping;
    const loops = Promise.all([
      repeat('activity', everyMs, signal, pollActivity),
      repeat('state', stateEveryMs, signal, pollState),
      sendSnapshots(signal),
    ]);
    running = { stopping, loops };
  }

  async function stop(): Promise<void> {
    const ending = running;
    running = undefined;
    ending?.stopping.abort();
    await ending?.loops;
  }

  if (cloud) begin();
  return {
    /** Call this when a page is opened. */
    pageOpened(): void {
      hasOpenPage = true;
      begin();
    },
    /** Call this when the last page is closed. */
    pagesClosed(): void {
      hasOpenPage = false;
      if (!cloud) void stop();
    },
    stop,
    load: async (): Promise<readonly LoadPoint[]> =>
      cloud ? live.load() : cloudWatchLoad(stage, subscribers, new Date(), app.console?.created),
    failures: (): readonly Failure[] => functionFailures,
    aggregates: (): readonly RecentAggregate[] => live.aggregates(),
  };
}
