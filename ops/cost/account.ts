import { type CloudWatchClient, GetMetricDataCommand, type MetricDataQuery } from '@aws-sdk/client-cloudwatch';
import type { Deployed } from './deployed.ts';
import prices from './prices.json' with { type: 'json' };

/** The usage of a deployed stage in a period, and its cost. */
export interface AccountCost {
  /** The invocations of the function that registers members over REST, including refused requests. */
  registrations: number;
  rows: AccountRow[];
  usd: number;
  /**
   * The cost of all usage for a million registrations, including polling and sweeps. Alarms, dashboards, secrets and
   * keys are not included. Null without registrations.
   */
  usdPerMillionRegistrations: number | null;
}

export interface AccountRow {
  service: string;
  resource: string;
  what: string;
  count: number;
  usd: number;
}

/** A CloudWatch metric that is summed over the period, and the function that computes the cost of the sum. */
export interface PricedMetric {
  namespace: string;
  metric: string;
  dimensions: Record<string, string>;
  service: string;
  resource: string;
  usd: (count: number) => number;
}

/** Reads the sums of metrics. The sums are in the order of the metrics. */
export type SumsOf = (wanted: readonly PricedMetric[]) => Promise<number[]>;

const MILLION = 1_000_000;
const GB = 1024 ** 3;
/** The function that registers members over REST. */
const REGISTERS = /-registration-register$/;

/** @param apiId id of the stage's API, a dimension of its metrics. If undefined, the API's metrics are left out. */
export function pricedMetricsOf(deployed: Deployed, apiId: string | undefined): PricedMetric[] {
  const { dynamodb, sqs, sns, lambda, api, logs } = prices;
  const perMillion = (usd: number) => (count: number) => (count / MILLION) * usd;
  const tables = deployed.tables.flatMap((TableName) => {
    const tableMetric = (metric: string, usd: number): PricedMetric => ({
      ...{ namespace: 'AWS/DynamoDB', metric, dimensions: { TableName } },
      ...{ service: 'dynamodb', resource: TableName, usd: perMillion(usd) },
    });
    return [
      tableMetric('ConsumedWriteCapacityUnits', dynamodb.perMillionWriteUnits),
      tableMetric('ConsumedReadCapacityUnits', dynamodb.perMillionReadUnits),
    ];
  });
  const functions = Object.entries(deployed.functions).flatMap(([FunctionName, { memoryMb }]) => {
    const functionMetric = (metric: string, usd: PricedMetric['usd']): PricedMetric => ({
      ...{ namespace: 'AWS/Lambda', metric, dimensions: { FunctionName } },
      ...{ service: 'lambda', resource: FunctionName, usd },
    });
    const gbSeconds = (ms: number) => (ms / 1000) * (memoryMb / 1024);
    const logGroup = `/aws/lambda/${FunctionName}`;
    return [
      functionMetric('Invocations', perMillion(lambda.perMillionInvocations)),
      functionMetric('Duration', (ms) => gbSeconds(ms) * lambda.perGbSecond),
      ingested(logGroup, logs.perIngestedGb),
    ];
  });
  const queues = deployed.queues.flatMap((QueueName) => {
    const price = perMillion(QueueName.endsWith('.fifo') ? sqs.perMillionFifoRequests : sqs.perMillionStandardRequests);
    const queueMetric = (metric: string): PricedMetric => ({
      ...{ namespace: 'AWS/SQS', metric, dimensions: { QueueName } },
      ...{ service: 'sqs', resource: QueueName, usd: price },
    });
    // The first three metrics count messages, and the last one counts calls. With batches of ten messages, the actual
    // cost of the first three is a tenth of the computed cost.
    return ['NumberOfMessagesSent', 'NumberOfMessagesReceived', 'NumberOfMessagesDeleted', 'NumberOfEmptyReceives'].map(
      queueMetric,
    );
  });
  const topics = Object.entries(deployed.subscriptions).map(
    ([TopicName, subscriptions]): PricedMetric => ({
      ...{ namespace: 'AWS/SNS', metric: 'NumberOfMessagesPublished', dimensions: { TopicName } },
      ...{ service: 'sns', resource: TopicName },
      usd: TopicName.endsWith('.fifo')
        ? perMillion(sns.perMillionFifoPublishes + subscriptions * sns.perMillionFifoDeliveries)
        : perMillion(sns.perMillionStandardPublishes),
    }),
  );
  const ofApi: PricedMetric[] =
    apiId === undefined
      ? []
      : [
          {
            ...{ namespace: 'AWS/ApiGateway', metric: 'Count', dimensions: { ApiId: apiId } },
            ...{ service: 'api', resource: apiId, usd: perMillion(api.perMillionRequests) },
          },
        ];
  return [...tables, ...functions, ...queues, ...topics, ...ofApi];
}

const ingested = (LogGroupName: string, usdPerGb: number): PricedMetric => ({
  ...{ namespace: 'AWS/Logs', metric: 'IncomingBytes', dimensions: { LogGroupName } },
  ...{ service: 'logs', resource: LogGroupName, usd: (bytes) => (bytes / GB) * usdPerGb },
});

/** Computes the cost of a stage from its metrics. */
export async function accountCost(deployed: Deployed, apiId: string | undefined, sumsOf: SumsOf): Promise<AccountCost> {
  const wanted = pricedMetricsOf(deployed, apiId);
  const sums = await sumsOf(wanted);
  const rows = wanted.map(({ service, resource, metric, usd }, index) => {
    const count = sums[index] ?? 0;
    return { service, resource, what: metric, count, usd: usd(count) };
  });
  const usd = rows.reduce((all, row) => all + row.usd, 0);
  const registrations = rows
    .filter(({ resource, what }) => what === 'Invocations' && REGISTERS.test(resource))
    .reduce((all, { count }) => all + count, 0);
  return {
    registrations,
    rows: rows.filter(({ count }) => count > 0),
    usd,
    usdPerMillionRegistrations: registrations === 0 ? null : (usd / registrations) * MILLION,
  };
}

/**
 * Maximum queries per GetMetricData call
 * (https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricData.html).
 */
const QUERIES_A_CALL = 500;
const PERIOD_SECONDS = 3_600;

/** Reads the sums over a period from CloudWatch. */
export const sumsByCloudWatch =
  (client: Pick<CloudWatchClient, 'send'>, StartTime: Date, EndTime: Date): SumsOf =>
  async (wanted) => {
    const sums = wanted.map(() => 0);
    for (let from = 0; from < wanted.length; from += QUERIES_A_CALL) {
      const MetricDataQueries = wanted.slice(from, from + QUERIES_A_CALL).map(
        ({ namespace, metric, dimensions }, index): MetricDataQuery => ({
          Id: `m${from + index}`,
          MetricStat: {
            Metric: {
              Namespace: namespace,
              MetricName: metric,
              Dimensions: Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value })),
            },
            Period: PERIOD_SECONDS,
            Stat: 'Sum',
          },
        }),
      );
      let NextToken: string | undefined;
      do {
        const answer = await client.send(
          new GetMetricDataCommand({ StartTime, EndTime, MetricDataQueries, ...(NextToken && { NextToken }) }),
        );
        for (const { Id = '', Values = [] } of answer.MetricDataResults ?? []) {
          const index = Number(Id.slice(1));
          sums[index] = (sums[index] ?? 0) + Values.reduce((all, value) => all + value, 0);
        }
        NextToken = answer.NextToken;
      } while (NextToken);
    }
    return sums;
  };
