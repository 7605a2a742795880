import { Duration, Stack } from 'aws-cdk-lib';
import { CfnAlarm, MathExpression, Metric } from 'aws-cdk-lib/aws-cloudwatch';
import { CfnGlobalTable } from 'aws-cdk-lib/aws-dynamodb';
import { CfnFunction, Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { CfnTopic, type ITopic } from 'aws-cdk-lib/aws-sns';
import { CfnQueue } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import { raiseAlarm } from './alarms.ts';
import type { Api } from './api.ts';
import { Consumer } from './consumer.ts';
import { Dashboard, type DashboardOptions, tableMetric } from './dashboard.ts';
import { Outbox } from './outbox.ts';
import { prefixOf, type Stage } from './stage.ts';

export interface MonitoringProps {
  stage: Stage;
  api: Api;
  /** The topic of the stage's alarms. */
  alarms: ITopic;
  dashboard: DashboardOptions;
}

/**
 * The stage's dashboard, and alarms on resources that stacks share or have in common. It comes last and covers whatever
 * exists by then. It refers to everything except the API by name, so that stacks can delete resources that it shows.
 */
export class MonitoringStack extends Stack {
  constructor(scope: Construct, id: string, { stage, api, alarms: topic, dashboard }: MonitoringProps) {
    super(scope, id);
    const all = <T>(type: abstract new (...args: never[]) => T) =>
      scope.node.findAll().flatMap((one): T[] => (one instanceof type ? [one] : []));
    const tables = all(CfnGlobalTable).map(({ tableName = '' }) => tableName);
    const period = Duration.minutes(1);

    raiseAlarm(this, {
      stage,
      topic,
      chapter: 'functions-throttled',
      // Throttling depends on the account's concurrency, which all functions share.
      metric: LambdaFunction.metricAllThrottles({ period }),
      above: 0,
      meaning: 'Lambda throttles functions of this account and region: too many run at once.',
    });
    for (const table of tables) {
      raiseAlarm(this, {
        stage,
        topic,
        chapter: 'table-throttled',
        of: table.slice(prefixOf(stage).length),
        metric: new MathExpression({
          // Each is reported only when it is not zero.
          expression: 'FILL(reads, 0) + FILL(writes, 0)',
          usingMetrics: {
            reads: tableMetric(table, 'ReadThrottleEvents'),
            writes: tableMetric(table, 'WriteThrottleEvents'),
          },
          period,
        }),
        // The newest minute is filled until it is measured. With three of three, the alarm could get stuck
        // (https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html, at FILL).
        outOf: 5,
        above: 0,
        meaning: `DynamoDB throttles reads or writes of table ${table}, in three of five minutes.`,
      });
    }

    // The alarm topic sends email; all other topics feed queues.
    for (const fed of all(CfnTopic)) {
      if (fed !== topic.node.defaultChild) this.#watchDelivery(stage, topic, fed);
    }

    new Dashboard(this, 'Dashboard', {
      ...dashboard,
      stage,
      api,
      alarms: all(CfnAlarm).map(({ alarmName = '' }) => alarmName),
      outboxes: all(Outbox),
      consumers: all(Consumer).map(({ name }) => name),
      queues: all(CfnQueue).map(({ queueName = '' }) => queueName),
      functions: all(CfnFunction).map(({ functionName = '' }) => functionName),
      tables,
    });
  }

  /**
   * Messages that a topic could not deliver to a queue, and those that it could not even put into the subscription's
   * dead-letter queue, which subscriptions of FIFO queues have
   * (https://docs.aws.amazon.com/sns/latest/dg/sns-monitoring-using-cloudwatch.html).
   */
  #watchDelivery(stage: Stage, alarms: ITopic, { topicName = '', fifoTopic = false }: CfnTopic): void {
    const of = topicName.slice(prefixOf(stage).length).replace('.fifo', '');
    const watch = (chapter: 'not-delivered' | 'lost-in-delivery', metricName: string, meaning: string) =>
      raiseAlarm(this, {
        stage,
        topic: alarms,
        chapter,
        of,
        metric: new Metric({
          namespace: 'AWS/SNS',
          metricName,
          dimensionsMap: { TopicName: topicName },
          statistic: 'Sum',
          period: Duration.minutes(1),
        }),
        above: 0,
        minutes: 1,
        meaning,
      });
    const failed = 'NumberOfNotificationsFailed';
    if (!fifoTopic) {
      watch('lost-in-delivery', failed, `${of}: SNS gave up a message. It is in no queue.`);
      return;
    }
    watch(
      'not-delivered',
      failed,
      `${of}: SNS could not put a message into a queue, and gives it to the one beside it.`,
    );
    watch(
      'lost-in-delivery',
      'NumberOfNotificationsFailedToRedriveToDlq',
      `${of}: SNS could put a message neither into a queue nor into the one beside it. That subscriber misses it.`,
    );
  }
}
