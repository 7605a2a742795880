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
 * The stage's dashboard, and the alarms on resources of all stacks. This stack is created last, and covers all
 * resources that the app has at that time. It refers to all resources except the API and the alarm topic by name, so
 * that other stacks can delete resources that the dashboard shows.
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
      // All functions share the concurrency of the account, so one alarm covers them.
      metric: LambdaFunction.metricAllThrottles({ period }),
      above: 0,
      meaning: 'Lambda throttles functions of this account and region, because too many run at once.',
    });
    for (const table of tables) {
      raiseAlarm(this, {
        stage,
        topic,
        chapter: 'table-throttled',
        of: table.slice(prefixOf(stage).length),
        metric: new MathExpression({
          // DynamoDB reports a metric of throttling only when it is not zero, so FILL adds the zeros.
          expression: 'FILL(reads, 0) + FILL(writes, 0)',
          usingMetrics: {
            reads: tableMetric(table, 'ReadThrottleEvents'),
            writes: tableMetric(table, 'WriteThrottleEvents'),
          },
          period,
        }),
        // FILL reports 0 for the newest minute until its data arrives. An alarm that evaluates only three minutes could
        // therefore fail to change its state
        // (https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html, at FILL).
        outOf: 5,
        above: 0,
        meaning: `DynamoDB throttled reads or writes of table ${table} in three of five minutes.`,
      });
    }

    // The alarm topic sends email. All other topics deliver to queues.
    for (const each of all(CfnTopic)) {
      if (each !== topic.node.defaultChild) this.#watchDelivery(stage, topic, each);
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
   * Raises alarms for messages that a topic could not deliver to a queue and, for FIFO topics, for messages that SNS
   * could not put into the subscription's dead-letter queue
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
      watch('lost-in-delivery', failed, `${of}: SNS stopped trying to deliver a message. The message is in no queue.`);
      return;
    }
    watch(
      'not-delivered',
      failed,
      `${of}: SNS could not deliver a message to a queue, and moves it to the queue of undelivered messages.`,
    );
    watch(
      'lost-in-delivery',
      'NumberOfNotificationsFailedToRedriveToDlq',
      `${of}: SNS could deliver a message neither to a queue nor to the queue of undelivered messages. The subscriber misses it.`,
    );
  }
}
