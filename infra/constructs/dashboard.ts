import type { Api } from '@rollcall/cdk/api';
import { namespaceOf, serviceMetric } from '@rollcall/cdk/service-metric';
import { Duration, Stack } from 'aws-cdk-lib';
import { Alarm, AlarmStatusWidget, LegendPosition, MathExpression, Metric } from 'aws-cdk-lib/aws-cloudwatch';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { type IQueue, Queue } from 'aws-cdk-lib/aws-sqs';
import {
  type CustomMetricGroup,
  DefaultDashboardFactory,
  GraphWidgetType,
  MonitoringFacade,
} from 'cdk-monitoring-constructs';
import { Construct } from 'constructs';
import { memberEvents } from '../../shared/contracts/channels.ts';
import type { Stage } from '../stages.ts';

const period = Duration.minutes(1);

// biome-ignore lint/suspicious/noTemplateCurlyInString: CloudWatch fills it in.
const BY_PROVIDER_AND_COUNTRY = "${PROP('Dim.provider')} ${PROP('Dim.country')}";

/** Of a table as a whole, a minute. */
export const tableMetric = (TableName: string, metricName: string, label?: string): Metric =>
  new Metric({
    namespace: 'AWS/DynamoDB',
    metricName,
    dimensionsMap: { TableName },
    statistic: 'Sum',
    period,
    ...(label && { label }),
  });

export interface DashboardProps {
  stage: Stage;
  api: Api;
  /** Names in the stage. */
  consumers: readonly string[];
  /** Physical names of everything that is shown. */
  alarms: readonly string[];
  queues: readonly string[];
  functions: readonly string[];
  tables: readonly string[];
}

/** All that a person on call looks at first, from the request to the effect: docs/observability.md. */
export class Dashboard extends Construct {
  readonly #stage: Stage;
  readonly #prefix: string;
  readonly #board: MonitoringFacade;

  constructor(scope: Construct, id: string, props: DashboardProps) {
    super(scope, id);
    const { stage, api, consumers, alarms, queues, functions, tables } = props;
    this.#stage = stage;
    this.#prefix = `rollcall-${stage.name}-`;
    this.#board = new MonitoringFacade(this, 'Monitoring', {
      metricFactoryDefaults: { period },
      dashboardFactory: new DefaultDashboardFactory(this, 'Factory', {
        dashboardNamePrefix: `rollcall-${stage.name}`,
        detailDashboardRange: Duration.hours(3),
      }),
    });
    this.#board.addWidget(
      new AlarmStatusWidget({
        title: 'Alarms; what to do: docs/runbook.md, in the chapter that the name ends with',
        width: 24,
        height: 8,
        alarms: alarms.map((name) => Alarm.fromAlarmName(this, name, name)),
      }),
    );
    this.#showApi(api);
    this.#showPublication(queues.filter((name) => name.endsWith('-undelivered.fifo')));
    for (const consumer of consumers) this.#showConsumer(consumer, queues);
    this.#showTexts(stage);
    this.#showTextEvents(queues);
    this.#showFunctions(functions);
    this.#showTables(tables);
  }

  /** How people call a resource: without the stage, of which the whole dashboard is. */
  #short(name: string): string {
    return name.slice(this.#prefix.length);
  }

  #show(humanReadableName: string, metricGroups: CustomMetricGroup[]): void {
    // It insists on a name for alarms, of which it raises none here: decision 18.
    this.#board.monitorCustom({ humanReadableName, alarmFriendlyName: 'none', metricGroups });
  }

  #own(service: string, metric: string, statistic: string, dimensions?: Record<string, string>): Metric {
    return serviceMetric(this.#stage, service, metric, statistic, dimensions);
  }

  #percentiles(service: string, metric: string): Metric[] {
    return ['p50', 'p99'].map((statistic) => this.#own(service, metric, statistic).with({ label: statistic }));
  }

  #queue(name: string): IQueue {
    return Queue.fromQueueArn(this, name, Stack.of(this).formatArn({ service: 'sqs', resource: name }));
  }

  #showApi(api: Api): void {
    this.#board.addLargeHeader('Registrations and API');
    this.#show('All routes', [
      {
        title: 'Requests and registrations',
        metrics: [api.metricCount({ period, label: 'requests' }), this.#own('registration', 'Registrations', 'Sum')],
      },
      {
        title: 'Errors',
        metrics: [
          api.metricClientError({ period, statistic: 'Sum', label: '4xx' }),
          this.#own('api', 'TooManyRequests', 'Sum').with({ label: '429' }),
          api.metricServerError({ period, statistic: 'Sum', label: '5xx' }),
        ],
      },
      {
        title: 'Latency, ms',
        metrics: ['p50', 'p99'].map((statistic) => api.metricLatency({ period, statistic, label: statistic })),
      },
    ]);
  }

  #showPublication(undelivered: readonly string[]): void {
    const relay = (name: string, statistic: string) => this.#own('relay', name, statistic);
    this.#board.addLargeHeader('Publication');
    this.#show('Outbox and relay', [
      { title: 'Oldest unpublished, s', metrics: [relay('OldestUnpublished', 'Maximum')] },
      { title: 'Commit to publication, ms', metrics: this.#percentiles('relay', 'PublicationLag') },
      {
        title: 'Behind the stream, ms',
        metrics: [functionMetric(`${this.#prefix}registration-outbox-relay`, 'IteratorAge', 'Maximum', 'iterator age')],
      },
      {
        title: 'Messages',
        metrics: [relay('Published', 'Sum'), relay('NotPublished', 'Sum'), relay('LeftInOutbox', 'Maximum')],
      },
    ]);
    const topic = `${this.#prefix}${memberEvents.name}.fifo`;
    this.#board.monitorSnsTopic({
      topic: Topic.fromTopicArn(this, topic, Stack.of(this).formatArn({ service: 'sns', resource: topic })),
    });
    this.#show('Not delivered by SNS', [
      {
        title: 'Waits to be set aside',
        metrics: undelivered.map((name) =>
          this.#queue(name).metricApproximateNumberOfMessagesVisible({ period, label: this.#short(name) }),
        ),
      },
    ]);
  }

  #showConsumer(name: string, queues: readonly string[]): void {
    const [queue = '', deadLetterQueue = ''] = [name, `${name}-dlq`].map((own) =>
      queues.find((each) => each.replace(/\.fifo$/, '') === `${this.#prefix}${own}`),
    );
    const own = (metric: string, statistic = 'Sum') => this.#own(name, metric, statistic);
    this.#board.addLargeHeader(name);
    this.#board.monitorSqsQueueWithDlq({
      queue: this.#queue(queue),
      deadLetterQueue: this.#queue(deadLetterQueue),
    });
    this.#show('What becomes of it', [
      { title: 'Commit to effect, ms', metrics: this.#percentiles(name, 'ApplicationLag') },
      { title: 'Acknowledged', metrics: [own('Applied'), own('Duplicates'), own('Ignored')] },
      { title: 'Come again', metrics: [own('GivenBack'), own('Postponed'), own('Redelivered')] },
      {
        title: 'Parked',
        metrics: [
          own('Parked'),
          own('ParkedWaiting', 'Maximum'),
          own('ParkedForPerson', 'Maximum'),
          own('SweepFailures'),
        ],
      },
    ]);
  }

  #showTexts({ sms }: Stage): void {
    const service = 'sms-providers';
    const sent = `SEARCH('{${namespaceOf(this.#stage)},service,provider,country} MetricName="TextsSent"', 'Sum', ${period.toSeconds()})`;
    this.#board.addLargeHeader('Texts');
    this.#show('SMS providers', [
      {
        title: 'Sent, by provider and country',
        graphWidgetType: GraphWidgetType.STACKED_AREA,
        metrics: [new MathExpression({ expression: sent, label: BY_PROVIDER_AND_COUNTRY, period })],
      },
      {
        title: 'Sent since the left edge, and what a day may have',
        metrics: [new MathExpression({ expression: `RUNNING_SUM(SUM(${sent}))`, label: 'texts', period })],
        horizontalAnnotations: [{ value: sms.perDay, label: 'perDay' }],
      },
      {
        title: 'Circuits: 0 closed, 2 open',
        metrics: [
          // It is written only when it changes.
          ...sms.providers.map(
            (provider) =>
              new MathExpression({
                expression: `FILL(${provider}, REPEAT)`,
                usingMetrics: {
                  [provider]: this.#own(service, 'CircuitState', 'Maximum', { circuit: `sms-${provider}` }),
                },
                label: `sms-${provider}`,
                period,
              }),
          ),
          this.#own(service, 'CircuitOpened', 'Sum'),
          this.#own(service, 'CircuitClosed', 'Sum'),
        ],
      },
      {
        title: 'What became of welcomes, by receipts',
        metrics: [
          ...['TextsDelivered', 'TextsUndelivered', 'ProviderEventsIgnored'],
          ...['WebhooksProven', 'WebhooksRefused', 'WebhooksUnreadable'],
        ].map((name) => this.#own('sms-webhooks', name, 'Sum')),
      },
      {
        title: 'People who opted out and in',
        metrics: ['OptOuts', 'OptIns'].map((name) => this.#own('sms-webhooks', name, 'Sum')),
      },
      {
        title: 'Not sent: held, budget nearly spent, opted out',
        metrics: ['TextsHeld', 'TextBudgetNearlySpent', 'TextsOptedOut'].map((name) => this.#own(service, name, 'Sum')),
      },
    ]);
  }

  /** What AWS End User Messaging tells comes by a queue. */
  #showTextEvents(queues: readonly string[]): void {
    const [name, deadLetters] = [`${this.#prefix}sms-events`, `${this.#prefix}sms-events-dlq`];
    if (!queues.includes(name)) return;
    this.#board.monitorSqsQueueWithDlq({ queue: this.#queue(name), deadLetterQueue: this.#queue(deadLetters) });
  }

  #showFunctions(names: readonly string[]): void {
    const graph = (title: string, metric: string, statistic: string): CustomMetricGroup => ({
      title,
      graphWidgetWidth: 12,
      graphWidgetLegend: LegendPosition.RIGHT,
      metrics: names.map((name) => functionMetric(name, metric, statistic, this.#short(name))),
    });
    this.#board.addLargeHeader('Functions');
    this.#show('All functions', [
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
    this.#board.addLargeHeader('Tables');
    this.#show('All tables', [
      graph('Throttled reads', 'ReadThrottleEvents'),
      graph('Throttled writes', 'WriteThrottleEvents'),
    ]);
  }
}

const functionMetric = (FunctionName: string, metricName: string, statistic: string, label: string): Metric =>
  new Metric({ namespace: 'AWS/Lambda', metricName, dimensionsMap: { FunctionName }, statistic, label, period });
