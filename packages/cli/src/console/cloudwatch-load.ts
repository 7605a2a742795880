import { CloudWatchClient, GetMetricDataCommand, type MetricDataQuery } from '@aws-sdk/client-cloudwatch';
import { OperatorError } from '../stage/errors.ts';
import type { StageClient } from '../stage/stage.ts';
import type { LoadPoint, Percentiles } from './api.ts';
import type { ConsoleParts } from './parts.ts';

const PERIOD_S = 60;
const MINUTES = 15;

type Statistic = 'Sum' | 'p50' | 'p99';

/**
 * The load of the last 15 minutes in an AWS account, one point per minute, from CloudWatch (docs/observability.md).
 * `errorsPerSecond`, `backlog` and `parked` are always 0, because CloudWatch is not queried for them.
 */
export async function cloudWatchLoad(
  stage: StageClient,
  subscribers: readonly string[],
  now: Date,
  created?: ConsoleParts['created'],
): Promise<LoadPoint[]> {
  const namespace = await namespaceOf(stage);
  const client = new CloudWatchClient(stage.config);
  const metrics: Array<readonly [id: string, metric: string, service: string, statistic: Statistic]> = [
    ...(created ? [['created', created.metric, created.service, 'Sum'] as const] : []),
    ['published50', 'PublicationLag', 'relay', 'p50'],
    ['published99', 'PublicationLag', 'relay', 'p99'],
    ...subscribers.flatMap((name, index): typeof metrics => [
      [`applied_${index}`, 'Applied', name, 'Sum'],
      [`lag50_${index}`, 'ApplicationLag', name, 'p50'],
      [`lag99_${index}`, 'ApplicationLag', name, 'p99'],
    ]),
  ];
  const { MetricDataResults = [] } = await client.send(
    new GetMetricDataCommand({
      StartTime: new Date(now.getTime() - MINUTES * 60_000),
      EndTime: now,
      ScanBy: 'TimestampAscending',
      MetricDataQueries: metrics.map((one) => queryOf(namespace, one)),
    }),
  );
  const values = new Map(
    MetricDataResults.map(({ Id = '', Timestamps = [], Values = [] }) => [
      Id,
      new Map(Timestamps.map((at, index) => [at.getTime(), Values[index] ?? 0])),
    ]),
  );
  const times = [...new Set([...values.values()].flatMap((points) => [...points.keys()]))].sort((a, b) => a - b);
  return times.map((at) => pointAt(at, values));
}

/** The namespace of the stage's metrics, from the environment of its functions. */
async function namespaceOf(stage: StageClient): Promise<string> {
  for (const { type, properties } of await stage.resources()) {
    const { Variables = {} } = (properties.Environment ?? {}) as { Variables?: Record<string, unknown> };
    const namespace = Variables.POWERTOOLS_METRICS_NAMESPACE;
    if (type === 'AWS::Lambda::Function' && typeof namespace === 'string') return namespace;
  }
  throw new OperatorError(`No function of stage ${stage.name} defines the namespace of its metrics.`);
}

const queryOf = (
  Namespace: string,
  [Id, MetricName, service, Stat]: readonly [string, string, string, Statistic],
): MetricDataQuery => ({
  Id,
  MetricStat: {
    Metric: { Namespace, MetricName, Dimensions: [{ Name: 'service', Value: service }] },
    Period: PERIOD_S,
    Stat,
  },
});

function pointAt(at: number, values: ReadonlyMap<string, ReadonlyMap<number, number>>): LoadPoint {
  const valuesOf = (prefix: string) =>
    [...values].flatMap(([id, points]) => (id.startsWith(prefix) ? (points.get(at) ?? []) : []));
  const sum = (prefix: string) => valuesOf(prefix).reduce((total, value) => total + value, 0);
  /** For each percentile, the highest value of all services. */
  const percentiles = (prefix: string): Percentiles | undefined => {
    const [p50, p99] = [valuesOf(`${prefix}50`), valuesOf(`${prefix}99`)];
    return p50.length > 0 ? { p50: Math.max(...p50), p99: Math.max(...p99) } : undefined;
  };
  const [publicationLagMs, applicationLagMs] = [percentiles('published'), percentiles('lag')];
  return {
    at: new Date(at).toISOString(),
    createdPerSecond: sum('created') / PERIOD_S,
    appliedPerSecond: sum('applied') / PERIOD_S,
    errorsPerSecond: 0,
    backlog: 0,
    parked: 0,
    ...(publicationLagMs && { publicationLagMs }),
    ...(applicationLagMs && { applicationLagMs }),
  };
}
