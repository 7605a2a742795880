import { Duration, Stack } from 'aws-cdk-lib';
import { Alarm, AlarmStatusWidget, LegendPosition, Metric } from 'aws-cdk-lib/aws-cloudwatch';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { type IQueue, Queue } from 'aws-cdk-lib/aws-sqs';
import { type CustomMetricGroup, DefaultDashboardFactory, MonitoringFacade } from 'cdk-monitoring-constructs';
import { Construct } from 'constructs';
import type { Api } from './api.ts';
import type { Outbox } from './outbox.ts';
import { namespaceOf, serviceMetric } from './service-metric.ts';
import { prefixOf, type Stage } from './stage.ts';

const period = Duration.minutes(1);

/** A metric of a table, per minute. */
export const tableMetric = (TableName: string, metricName: string, label?: string): Metric =>
  new Metric({
    namespace: 'AWS/DynamoDB',
    metricName,
    dimensionsMap: { TableName },
    statistic: 'Sum',
    period,
    ...(label && { label }),
  });

/** The parts that an application adds to the dashboard. */
export interface DashboardOptions {
  /**
   * A heading for the API, a title for its requests, and metrics to show with the number of requests. Default: the
   * heading `API`, the title `Requests`, and no other metrics.
   */
  about?: { heading: string; requests: string; metrics: readonly Metric[] };
  /** Adds widgets between the consumers and the functions. */
  more?: (dashboard: Dashboard) => void;
}

export interface DashboardProps extends DashboardOptions {
  stage: Stage;
  api: Api;
  outboxes: readonly Outbox[];
  /** Names of the consumers, without the prefix of the stage. */
  consumers: readonly string[];
  /** The physical names of all alarms, queues, functions and tables on the dashboard. */
  alarms: readonly string[];
  queues: readonly string[];
  functions: readonly string[];
  tables: readonly string[];
}

/** A dashboard of the most important metrics, from request to effect: docs/observability.md. */
export class Dashboard extends Construct {
  readonly #stage: Stage;
  readonly #prefix: string;
  /** Namespace of the metrics that the stage's functions write. */
  readonly namespace: string;
  /** The underlying dashboard, for widgets that `show` and `showQueue` cannot add. */
  readonly board: MonitoringFacade;

  constructor(scope: Construct, id: string, props: DashboardProps) {
    super(scope, id);
    const { stage, outboxes, consumers, alarms, queues, functions, tables } = props;
    this.#stage = stage;
    this.#prefix = prefixOf(stage);
    this.namespace = namespaceOf(stage);
    this.board = new MonitoringFacade(this, 'Monitoring', {
      metricFactoryDefaults: { period },
      dashboardFactory: new DefaultDashboardFactory(this, 'Factory', {
        dashboardNamePrefix: `${stage.app}-${stage.name}`,
        detailDashboardRange: Duration.hours(3),
      }),
    });
    this.board.addWidget(
      new AlarmStatusWidget({
        title: `Alarms. The name of an alarm ends with its chapter in ${stage.runbook}`,
        width: 24,
        height: 8,
        alarms: alarms.map((name) => Alarm.fromAlarmName(this, name, name)),
      }),
    );
    this.#showApi(props);
    this.#showPublication(
      outboxes,
      queues.filter((name) => name.endsWith('-undelivered.fifo')),
    );
    for (const consumer of consumers) this.#showConsumer(consumer, queues);
    props.more?.(this);
    this.#showFunctions(functions);
    this.#showTables(tables);
  }

  /** The name of a resource without the prefix of the application and stage. */
  #short(name: string): string {
    return name.slice(this.#prefix.length);
  }

  /** Adds graphs under one heading. */
  show(humanReadableName: string, metricGroups: CustomMetricGroup[]): void {
    // The library requires a name for alarms, although it creates no alarms here:
    // docs/decisions/0018-dashboard-from-a-library-alarms-from-the-kit.md.
    this.board.monitorCustom({ humanReadableName, alarmFriendlyName: 'none', metricGroups });
  }

  /** A metric that the stage's functions write: see `serviceMetric`. */
  metric(service: string, metric: string, statistic: string, dimensions?: Record<string, string>): Metric {
    return serviceMetric(this.#stage, service, metric, statistic, dimensions);
  }

  #percentiles(service: string, metric: string): Metric[] {
    return ['p50', 'p99'].map((statistic) => this.metric(service, metric, statistic).with({ label: statistic }));
  }

  /** Shows the number of messages, and the age of the oldest message, for a queue and its dead-letter queue. */
  showQueue(name: string, deadLetters: string): void {
    this.board.monitorSqsQueueWithDlq({ queue: this.#queue(name), deadLetterQueue: this.#queue(deadLetters) });
  }

  #queue(name: string): IQueue {
    return Queue.fromQueueArn(this, name, Stack.of(this).formatArn({ service: 'sqs', resource: name }));
  }

  #showApi({ api, about }: DashboardProps): void {
    this.board.addLargeHeader(about?.heading ?? 'API');
    this.show('All routes', [
      {
        title: about?.requests ?? 'Requests',
        metrics: [api.metricCount({ period, label: 'requests' }), ...(about?.metrics ?? [])],
      },
      {
        title: 'Errors',
        metrics: [
          api.metricClientError({ period, statistic: 'Sum', label: '4xx' }),
          this.metric('api', 'TooManyRequests', 'Sum').with({ label: '429' }),
          api.metricServerError({ period, statistic: 'Sum', label: '5xx' }),
        ],
      },
      {
        title: 'Latency, ms',
        metrics: ['p50', 'p99'].map((statistic) => api.metricLatency({ period, statistic, label: statistic })),
      },
    ]);
  }

  #showPublication(outboxes: readonly Outbox[], undelivered: readonly string[]): void {
    this.board.addLargeHeader('Publication');
    for (const { of, relay, metrics } of outboxes) {
      const serviceMetricOf = (name: string, statistic: string) => this.metric(metrics, name, statistic);
      this.show(of === undefined ? 'Outbox and relay' : `Outbox and relay of ${of}`, [
        { title: 'Oldest unpublished, s', metrics: [serviceMetricOf('OldestUnpublished', 'Maximum')] },
        { title: 'Commit to publication, ms', metrics: this.#percentiles(metrics, 'PublicationLag') },
        {
          title: 'Behind the stream, ms',
          metrics: [functionMetric(relay, 'IteratorAge', 'Maximum', 'iterator age')],
        },
        {
          title: 'Messages',
          metrics: [
            serviceMetricOf('Published', 'Sum'),
            serviceMetricOf('NotPublished', 'Sum'),
            serviceMetricOf('LeftInOutbox', 'Maximum'),
          ],
        },
      ]);
    }
    const topics = outboxes.flatMap(({ sendsTo }) =>
      sendsTo.flatMap(({ kind, name }) => (kind === 'topic' ? name : [])),
    );
    for (const topic of new Set(topics.map((name) => `${this.#prefix}${name}.fifo`)))
      this.board.monitorSnsTopic({
        topic: Topic.fromTopicArn(this, topic, Stack.of(this).formatArn({ service: 'sns', resource: topic })),
      });
    if (undelivered.length === 0) return;
    this.show('Not delivered by SNS', [
      {
        title: 'Waiting to be parked',
        metrics: undelivered.map((name) =>
          this.#queue(name).metricApproximateNumberOfMessagesVisible({ period, label: this.#short(name) }),
        ),
      },
    ]);
  }

  #showConsumer(name: string, queues: readonly string[]): void {
    const [queue = '', deadLetterQueue = ''] = [name, `${name}-dlq`].map((shortName) =>
      queues.find((each) => each.replace(/\.fifo$/, '') === `${this.#prefix}${shortName}`),
    );
    const serviceMetricOf = (metric: string, statistic = 'Sum') => this.metric(name, metric, statistic);
    this.board.addLargeHeader(name);
    this.showQueue(queue, deadLetterQueue);
    this.show('Outcome', [
      { title: 'Commit to effect, ms', metrics: this.#percentiles(name, 'ApplicationLag') },
      {
        title: 'Acknowledged',
        metrics: [serviceMetricOf('Applied'), serviceMetricOf('Duplicates'), serviceMetricOf('Ignored')],
      },
      {
        title: 'Redelivery',
        metrics: [serviceMetricOf('GivenBack'), serviceMetricOf('Postponed'), serviceMetricOf('Redelivered')],
      },
      {
        title: 'Parked',
        metrics: [
          serviceMetricOf('Parked'),
          serviceMetricOf('ParkedWaiting', 'Maximum'),
          serviceMetricOf('ParkedForPerson', 'Maximum'),
          serviceMetricOf('SweepFailures'),
        ],
      },
    ]);
  }

  #showFunctions(names: readonly string[]): void {
    const graph = (title: string, metric: string, statistic: string): CustomMetricGroup => ({
      title,
      graphWidgetWidth: 12,
      graphWidgetLegend: LegendPosition.RIGHT,
      metrics: names.map((name) => functionMetric(name, metric, statistic, this.#short(name))),
    });
    this.board.addLargeHeader('Functions');
    this.show('All functions', [
      graph('Errors', 'Errors', 'Sum'),
      graph('Throttles', 'Throttles', 'Sum'),
      graph('Duration p99, ms', 'Duration', 'p99'),
      graph('Running at once', 'ConcurrentExecutions', 'Maximum'),
    ]);
  }

  #showTables(names: readonly string[]): void {
    const graph = (title: string, metric: string): CustomMetricGroup => ({
      title,
      graphWidgetLegend: LegendPosition.RIGHT,
      metrics: names.map((name) => tableMetric(name, metric, this.#short(name))),
    });
    this.board.addLargeHeader('Tables');
    this.show('All tables', [
      graph('Throttled reads', 'ReadThrottleEvents'),
      graph('Throttled writes', 'WriteThrottleEvents'),
    ]);
  }
}

const functionMetric = (FunctionName: string, metricName: string, statistic: string, label: string): Metric =>
  new Metric({ namespace: 'AWS/Lambda', metricName, dimensionsMap: { FunctionName }, statistic, label, period });
