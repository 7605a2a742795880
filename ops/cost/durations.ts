import type { Invocation, MeteredFunction } from '@rollcall/local/internal/metering/meter';
import { shortName } from './operations.ts';

/** The milliseconds of a warm invocation without other load: `base`, plus `perRecord` for each record of the batch. */
export interface Duration {
  base: number;
  perRecord: number;
}

/** By name of the function, without its stage. */
export type Durations = Record<string, Duration>;

/**
 * Returns the billed seconds of all invocations of a function. Computes them from the figures in `durations`. If the
 * function has no figures, returns the time measured under load.
 */
export function secondsOf(name: string, { invocations }: MeteredFunction, durations: Durations): number {
  const known = durations[shortName(name)];
  const ms = invocations.map(({ records, ms }) => (known ? known.base + known.perRecord * records : ms));
  return ms.reduce((all, one) => all + one, 0) / 1000;
}

/** Fits a line through the medians of invocations with the same number of records. */
export function durationOf(invocations: readonly Invocation[]): Duration {
  const points = [...Map.groupBy(invocations, ({ records }) => records)].map(([records, group]) => ({
    records,
    ms: medianOf(group.map(({ ms }) => ms)),
    weight: group.length,
  }));
  const mean = (select: (point: (typeof points)[number]) => number) =>
    points.reduce((all, point) => all + select(point) * point.weight, 0) / invocations.length;
  const [records, ms] = [mean((point) => point.records), mean((point) => point.ms)];
  const spread = mean((point) => (point.records - records) ** 2);
  const slope = spread === 0 ? 0 : mean((point) => (point.records - records) * (point.ms - ms)) / spread;
  const perRecord = Math.max(0, slope);
  return { base: Math.max(0, ms - perRecord * records), perRecord };
}

function medianOf(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}
