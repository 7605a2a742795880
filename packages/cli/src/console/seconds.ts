import type { Activity } from './api.ts';

/** Window over which rates are averaged. */
const WINDOW_S = 5;

interface Counts {
  count: number;
  errors: number;
}

/** The counts and lags of one second. */
export interface Second {
  edges: Map<string, Counts>;
  nodes: Map<string, Counts>;
  created: number;
  applied: number;
  errors: number;
  publicationLagsMs: number[];
  applicationLagsMs: number[];
}

const newSecond = (): Second => ({
  edges: new Map(),
  nodes: new Map(),
  created: 0,
  applied: 0,
  errors: 0,
  publicationLagsMs: [],
  applicationLagsMs: [],
});

/** Increments the counters of an edge or a node. */
export function add(counts: Map<string, Counts>, id: string, { count, errors }: Counts): void {
  const known = counts.get(id) ?? { count: 0, errors: 0 };
  counts.set(id, { count: known.count + count, errors: known.errors + errors });
}

/** The complete seconds of the window, and the current one. */
export function createSeconds() {
  const ended: Second[] = [];
  let current = newSecond();
  return {
    current: (): Second => current,

    end(): void {
      ended.push(current);
      if (ended.length > WINDOW_S) ended.shift();
      current = newSecond();
    },

    /** Rates of the window, by id. */
    ratesOf(which: 'edges' | 'nodes'): Map<string, Activity> {
      const totals = new Map<string, Counts>();
      for (const second of ended) for (const [id, counts] of second[which]) add(totals, id, counts);
      return new Map([...totals].map(([id, total]) => [id, activityOf(total)]));
    },
  };
}

const activityOf = ({ count, errors }: Counts): Activity => ({
  perSecond: perSecond(count),
  ...(errors > 0 && { errorsPerSecond: perSecond(errors) }),
});

const perSecond = (total: number) => Math.round((total / WINDOW_S) * 10) / 10;
