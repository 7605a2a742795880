import type { MeteredFunction } from '../../local/meter.ts';
import measured from './durations.json' with { type: 'json' };

/** How long invocations take when nothing else runs: what Lambda bills. */
export interface Durations {
  /** All invocations of a function together. */
  secondsOf(functionName: string, invoked: MeteredFunction): number;
}

/** Milliseconds of a warm invocation: `base`, and more for each record that it takes from a queue or stream. */
export interface Duration {
  base: number;
  perRecord: number;
}

const short = (functionName: string) => functionName.replace(/^rollcall-[a-z0-9]+-/, '');

/** Those of `durations.json`; of a function that is not in it, those that were measured just now, under load. */
export const committedDurations: Durations = {
  secondsOf(functionName, { invocations, records, durationsMs }) {
    const known = (measured.functions as Record<string, Duration>)[short(functionName)];
    if (known) return (known.base * invocations + known.perRecord * records) / 1000;
    return durationsMs.reduce((all, ms) => all + ms, 0) / 1000;
  },
};

interface Invocation {
  records: number;
  ms: number;
}

/** A line through the medians of invocations with equally many records. */
export function durationOf(invocations: readonly Invocation[]): Duration {
  const points = [...Map.groupBy(invocations, ({ records }) => records)].map(([records, of]) => ({
    records,
    ms: medianOf(of.map(({ ms }) => ms)),
    weight: of.length,
  }));
  const weights = points.reduce((all, { weight }) => all + weight, 0);
  const mean = (of: (point: (typeof points)[number]) => number) =>
    points.reduce((all, point) => all + of(point) * point.weight, 0) / weights;
  const [records, ms] = [mean((point) => point.records), mean((point) => point.ms)];
  const spread = mean((point) => (point.records - records) ** 2);
  const perRecord = spread === 0 ? 0 : mean((point) => (point.records - records) * (point.ms - ms)) / spread;
  return { base: ms - perRecord * records, perRecord };
}

function medianOf(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}
