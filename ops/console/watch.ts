import { setTimeout as delay } from 'node:timers/promises';
import type { EmbeddedCloud } from '../stage/embedded-cloud.ts';
import type { Stage } from '../stage/stage.ts';
import type { Topology } from '../stage/topology.ts';
import type { Burst, LoadPoint, Passing, RecentMember, Snapshot } from './api.ts';
import type { Bursts } from './burst.ts';
import { createLive, type Standing } from './live.ts';
import { measuredLoad } from './measured.ts';
import { standingOf } from './standing.ts';

/** What whoever looks at the page is told as it happens. */
export type Told =
  | { event: 'snapshot'; data: Snapshot }
  | { event: 'messages'; data: Passing[] }
  | { event: 'burst'; data: Burst };

export interface WatchOptions {
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

const NOTHING: Standing = {
  queues: new Map(),
  outboxRows: 0,
  parked: new Map(),
  stopped: new Set(),
  warnings: [],
};

export type Watch = ReturnType<typeof createWatch>;

/** Watches a stage, from when it is first asked to. */
export function createWatch({ stage, cloud, topology, subscribers, tell, bursts }: WatchOptions) {
  const { everyMs, standingEveryMs } = cloud ? EMBEDDED : ACCOUNT;
  const live = createLive(topology);
  const stopping = new AbortController();
  let standing = NOTHING;
  let unreachable: string | undefined;
  let after: number | undefined;

  async function repeat(everyMs: number, look: () => Promise<void>): Promise<void> {
    while (!stopping.signal.aborted) {
      try {
        await look();
        unreachable = undefined;
      } catch (error) {
        unreachable = (error as Error).message;
      }
      await delay(everyMs, undefined, { signal: stopping.signal }).catch(() => {});
    }
  }

  async function look(): Promise<void> {
    if (cloud) {
      const happened = await cloud.happened(after ?? 0);
      // What was before somebody looked was in other seconds.
      if (after === undefined) live.recall(happened);
      else live.see(happened);
      bursts?.see(happened.spans);
      after = happened.next;
    }
    const warnings = unreachable
      ? [...standing.warnings, `the stage does not answer: ${unreachable}`]
      : standing.warnings;
    const { snapshot, messages } = live.tick(new Date(), { ...standing, warnings });
    tell({ event: 'snapshot', data: snapshot });
    if (messages.length > 0) tell({ event: 'messages', data: messages });
    await bursts?.tick();
  }

  let watching: Promise<unknown> | undefined;
  return {
    start(): void {
      watching ??= Promise.all([
        repeat(everyMs, look),
        repeat(standingEveryMs, async () => {
          standing = await standingOf(stage, subscribers, cloud);
        }),
      ]);
    },
    async stop(): Promise<void> {
      stopping.abort();
      await watching;
    },
    load: async (): Promise<readonly LoadPoint[]> =>
      cloud ? live.load() : measuredLoad(stage, subscribers, new Date()),
    members: (): readonly RecentMember[] => live.members(),
  };
}
