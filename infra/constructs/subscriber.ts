import { Duration } from 'aws-cdk-lib';
import type { HttpApi } from 'aws-cdk-lib/aws-apigatewayv2';
import { MathExpression, Metric } from 'aws-cdk-lib/aws-cloudwatch';
import { AttributeType, type TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import type { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { SqsEventSource } from 'aws-cdk-lib/aws-lambda-event-sources';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import { SqsSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import { DeduplicationScope, FifoThroughputLimit, Queue, QueueEncryption, type QueueProps } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { MAX_RECEIVES } from '../../shared/config/redelivery.ts';
import type { Route } from '../../shared/contracts/routes.ts';
import type { Stage } from '../stages.ts';
import { raiseAlarm } from './alarms.ts';
import { addRoute } from './api-route.ts';
import { everyMinute } from './every-minute.ts';
import { ServiceFunction } from './service-function.ts';
import { ServiceTable } from './service-table.ts';

export interface SubscriberProps {
  stage: Stage;
  /** Name of the service, and of its queue. */
  name: string;
  topic: ITopic;
  /** Handler file that exports `consume`, `sweep` and `deadLetters`. */
  entry: string;
  environment?: Record<string, string>;
  /**
   * Whether there may be aggregates from before its first deployment. It then begins each of them at the first version
   * that it meets; another subscriber waits for version 1. Default: it was there from the beginning.
   */
  joinsLate?: boolean;
  alarms: ITopic;
}

/** What the kit does with a subscriber's table, and a service's own items in it. */
const TABLE_ACTIONS = ['GetItem', 'PutItem', 'UpdateItem', 'DeleteItem', 'Query', 'Scan'].map(
  (action) => `dynamodb:${action}`,
);

/** A service that reacts to events: a queue behind the topic, its dead letters, its functions, a table and alarms. */
export class Subscriber extends Construct {
  readonly #stage: Stage;
  readonly #name: string;
  readonly #table: TableV2;
  readonly #functions: ServiceFunction[];

  constructor(scope: Construct, id: string, props: SubscriberProps) {
    super(scope, id);
    const { stage, name, topic, entry, environment, joinsLate = false, alarms } = props;

    this.#stage = stage;
    this.#name = name;
    this.#table = new ServiceTable(this, 'Table', {
      stage,
      tableName: `rollcall-${stage.name}-${name}`,
      partitionKey: { name: 'pk', type: AttributeType.STRING },
      sortKey: { name: 'sk', type: AttributeType.STRING },
      globalSecondaryIndexes: [
        {
          indexName: 'parked',
          partitionKey: { name: 'parkedAggregate', type: AttributeType.STRING },
          sortKey: { name: 'version', type: AttributeType.NUMBER },
        },
      ],
    });

    const fifoQueue = (suffix: string, options: QueueProps = {}) =>
      new Queue(this, `Queue${suffix}`, {
        queueName: `rollcall-${stage.name}-${name}${suffix}.fifo`,
        fifo: true,
        deduplicationScope: DeduplicationScope.MESSAGE_GROUP,
        fifoThroughputLimit: FifoThroughputLimit.PER_MESSAGE_GROUP_ID,
        encryption: QueueEncryption.SQS_MANAGED,
        enforceSSL: true,
        retentionPeriod: Duration.days(14),
        // What SNS takes at most. A larger one, sent past the topic, would not fit into a table's item.
        maxMessageSizeBytes: 256 * 1024,
        ...options,
      });
    // AWS's advice is six times the function's timeout, so that a retried batch does not come up twice.
    const visibilityTimeout = Duration.seconds(6 * ServiceFunction.defaultTimeout.toSeconds());
    const deadLetters = fifoQueue('-dlq', { visibilityTimeout });
    const undelivered = fifoQueue('-undelivered', { visibilityTimeout });
    const queue = fifoQueue('', {
      visibilityTimeout,
      deadLetterQueue: { queue: deadLetters, maxReceiveCount: MAX_RECEIVES },
    });

    const subscriberFunction = (suffix: string, handler: string, timeout: Duration, actions = TABLE_ACTIONS) => {
      const fn = new ServiceFunction(this, handler, {
        stage,
        name: `${name}-${suffix}`,
        entry,
        handler,
        environment: {
          TABLE: this.#table.tableName,
          QUEUE_URL: queue.queueUrl,
          UNDELIVERED_ARN: undelivered.queueArn,
          JOINS_LATE: String(joinsLate),
          ...environment,
        },
        timeout,
      });
      this.#table.grant(fn, ...actions);
      return fn;
    };
    const consume = subscriberFunction('consume', 'consume', ServiceFunction.defaultTimeout);
    const sweep = subscriberFunction('sweep', 'sweep', Duration.minutes(1));
    const setAside = subscriberFunction('dead-letters', 'deadLetters', ServiceFunction.defaultTimeout, [
      'dynamodb:GetItem',
      'dynamodb:PutItem',
    ]);
    this.#functions = [consume, sweep];
    everyMinute(this, 'EveryMinute', sweep);

    topic.addSubscription(new SqsSubscription(queue, { rawMessageDelivery: true, deadLetterQueue: undelivered }));
    consume.addEventSource(
      new SqsEventSource(queue, {
        batchSize: 10,
        reportBatchItemFailures: true,
        maxConcurrency: stage.subscriberConcurrency,
      }),
    );
    for (const given of [deadLetters, undelivered]) {
      setAside.addEventSource(
        new SqsEventSource(given, { batchSize: 10, reportBatchItemFailures: true, maxConcurrency: 2 }),
      );
    }

    const period = Duration.minutes(1);
    raiseAlarm(this, 'Late', {
      topic: alarms,
      metric: queue.metricApproximateAgeOfOldestMessage({ period }),
      above: 5 * 60,
      meaning: `${name}: the oldest message has waited for more than five minutes.`,
    });
    raiseAlarm(this, 'Backlog', {
      topic: alarms,
      metric: queue.metricApproximateNumberOfMessagesVisible({ period }),
      above: 10_000,
      meaning: `${name}: more than 10,000 messages wait.`,
    });
    raiseAlarm(this, 'SweepFails', {
      topic: alarms,
      metric: sweep.metricErrors({ period }),
      above: 0,
      meaning: `${name}: the sweep fails: a message may bring it down, and what is parked stays parked.`,
    });
    raiseAlarm(this, 'ParkedForPerson', {
      topic: alarms,
      metric: new Metric({
        namespace: 'Rollcall',
        metricName: 'ParkedForPerson',
        dimensionsMap: { service: name },
        statistic: 'Maximum',
        period,
      }),
      above: 0,
      meaning: `${name}: a message failed for good, or has failed or waited for an hour; later ones of its member wait behind it.`,
    });
    for (const [dead, why] of [
      [deadLetters, `${name}: dead letters are not set aside: the function that parks them fails.`],
      [
        undelivered,
        `${name}: what SNS could not deliver to the queue is not set aside: the function that parks it fails.`,
      ],
    ] as const) {
      raiseAlarm(this, `${dead.node.id}NotEmpty`, {
        topic: alarms,
        // One that is tried in vain is hidden most of the time.
        metric: new MathExpression({
          expression: 'visible + hidden',
          usingMetrics: {
            visible: dead.metricApproximateNumberOfMessagesVisible({ period }),
            hidden: dead.metricApproximateNumberOfMessagesNotVisible({ period }),
          },
          period,
        }),
        above: 0,
        meaning: why,
      });
    }
  }
  /**
   * A route of the API that reads what the subscriber made.
   * @param entry handler file that exports `read`
   * @param action the one thing that it does with the table, such as `dynamodb:GetItem`
   */
  addReadRoute(api: HttpApi, route: Route, entry: string, action: string): void {
    const read = new ServiceFunction(this, 'read', {
      stage: this.#stage,
      name: `${this.#name}-read`,
      entry,
      handler: 'read',
      environment: { TABLE: this.#table.tableName },
    });
    this.#table.grant(read, action);
    addRoute(this, 'Read', api, route, read);
  }

  /** Lets whatever applies messages, live or parked, do something more. */
  grantToFunctions(statement: PolicyStatement): void {
    for (const fn of this.#functions) fn.addToRolePolicy(statement);
  }
}
