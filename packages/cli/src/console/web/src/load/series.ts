import type { LoadPoint, Percentiles } from '../../../api.ts';

/** The values of a chart for one time slice. */
export interface Row {
  at: number;
  created: number;
  applied: number;
  errors: number;
  backlog: number;
  parked: number;
  publicationP50: number | null;
  publicationP99: number | null;
  applicationP50: number | null;
  applicationP99: number | null;
}

/** The length of a time slice. Fifteen minutes have 180 slices, which is enough for a chart of 600 pixels. */
const SLICE_MS = 5_000;
const QUARTER_OF_AN_HOUR_MS = 15 * 60_000;

/** The points for the charts. */
export interface Points {
  /** Points with throughput and lags. */
  traffic: readonly LoadPoint[];
  /** Points with the numbers of waiting and parked messages. */
  waiting: readonly LoadPoint[];
}

/**
 * Returns the points for the charts. In an embedded cloud, all points contain all measurements. In an AWS account, the
 * fetched points come from CloudWatch and lack the numbers of waiting and parked messages. The points received since
 * the page was opened come from the stage itself and lack throughput and lags.
 * @param past the points that were fetched
 * @param since the points received since the page was opened
 */
export function pointsOf(embedded: boolean, past: readonly LoadPoint[], since: readonly LoadPoint[]): Points {
  if (!embedded) return { traffic: past, waiting: since };
  const first = since[0]?.at;
  const joined = [...(first === undefined ? past : past.filter(({ at }) => at < first)), ...since];
  return { traffic: joined, waiting: joined };
}

/** The rows of the last 15 minutes. A rate or a median is the average of its slice, any other value the maximum. */
export function rowsOf(points: readonly LoadPoint[]): Row[] {
  const last = Date.parse(points.at(-1)?.at ?? '');
  const recent = points.filter(({ at }) => Date.parse(at) > last - QUARTER_OF_AN_HOUR_MS);
  const slices = Map.groupBy(recent, ({ at }) => Math.floor(Date.parse(at) / SLICE_MS));
  return [...slices].map(([slice, points]) => rowOf(slice * SLICE_MS, points));
}

const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
/**
 * The possible steps between ticks. Steps of a minute or more are whole minutes, because 60 and 90 seconds would both
 * have the label "1 minute ago".
 */
const TICKS_MS = [10 * SECOND_MS, 20 * SECOND_MS, MINUTE_MS, 2 * MINUTE_MS, 5 * MINUTE_MS];
/** Maximum number of ticks in addition to the one for now. A chart on a small screen has room for four. */
const MAX_TICKS = 3;

/** The ticks of the time axis, in round steps before the last row. */
export function ticksOf(rows: readonly Row[]): number[] {
  const [first = 0, last = 0] = [rows[0]?.at, rows.at(-1)?.at];
  const step = TICKS_MS.find((one) => last - first <= MAX_TICKS * one) ?? QUARTER_OF_AN_HOUR_MS / MAX_TICKS;
  return Array.from({ length: Math.floor((last - first) / step) + 1 }, (_, back) => last - back * step).reverse();
}

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
const roundToTenth = (value: number) => Math.round(value * 10) / 10;

function rowOf(at: number, points: readonly LoadPoint[]): Row {
  const average = (of: (point: LoadPoint) => number) => roundToTenth(mean(points.map(of)));
  const worst = (of: (point: LoadPoint) => number) => Math.max(...points.map(of));
  const lag = (of: (point: LoadPoint) => Percentiles | undefined, which: keyof Percentiles) => {
    const lags = points.flatMap((point) => of(point)?.[which] ?? []);
    if (lags.length === 0) return null;
    return Math.round(which === 'p50' ? mean(lags) : Math.max(...lags));
  };
  return {
    at,
    created: average((point) => point.createdPerSecond),
    applied: average((point) => point.appliedPerSecond),
    errors: average((point) => point.errorsPerSecond),
    backlog: worst((point) => point.backlog),
    parked: worst((point) => point.parked),
    publicationP50: lag((point) => point.publicationLagMs, 'p50'),
    publicationP99: lag((point) => point.publicationLagMs, 'p99'),
    applicationP50: lag((point) => point.applicationLagMs, 'p50'),
    applicationP99: lag((point) => point.applicationLagMs, 'p99'),
  };
}
