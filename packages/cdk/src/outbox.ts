import type { Channel } from '@rollcall/kit/internal/contracts/channel';
import { Duration, Validations } from 'aws-cdk-lib';
import { AttributeType, StreamViewType } from 'aws-cdk-lib/aws-dynamodb';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { FilterCriteria, FilterRule, StartingPosition } from 'aws-cdk-lib/aws-lambda';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import { raiseAlarm } from './alarms.ts';
import type { Channels } from './channels.ts';
import { everyMinute } from './every-minute.ts';
import { LaterTable } from './later-table.ts';
import { ServiceFunction } from './service-function.ts';
import { serviceMetric } from './service-metric.ts';
import { ServiceTable } from './service-table.ts';
import { prefixOf, type Stage } from './stage.ts';

export interface OutboxProps {
  stage: Stage;
  /**
   * Name of the sending service. The names of the outbox's functions contain the service's name, so that receivers can
   * verify the sender.
   */
  service: string;
  /**
   * Whether the names of tables, alarms and metrics omit the service: `outbox` instead of `orders-outbox`. The name
   * of the alarm `sweep-fails` always contains the service. Only one outbox of a stage can be unnamed. Default: false.
   */
  unnamed?: boolean;
  /** Handler file that exports `relay` and `sweep`. */
  entry: string;
  channels: Channels;
  /** The channels to which the outbox may send. */
  sendsTo: readonly Channel[];
  /**
   * Allows scheduled messages. When a message is due, the sweep gives the message the next version of an aggregate or
   * the next number of a counter. `places`: the tables of the aggregates and counters. Default: no messages can be
   * scheduled.
   */
  later?: { places: readonly ServiceTable[] };
  alarms: ITopic;
}

/**
 * The table of messages that are committed and not yet published, and the two functions that publish these messages:
 * the relay and the sweep.
 * @beta
 */
export class Outbox extends Construct {
  readonly table: ServiceTable;
  /** Name of the service; undefined if the outbox is `unnamed`. */
  readonly of: string | undefined;
  /** Physical name of the function that the stream triggers. */
  readonly relay: string;
  /** Service name in the metrics of the relay and the sweep, different for each outbox. */
  readonly metrics: string;
  readonly sendsTo: readonly Channel[];
  readonly #later: LaterTable | undefined;

  constructor(scope: Construct, id: string, props: OutboxProps) {
    super(scope, id);
    const { stage, service, unnamed = false, entry, channels, sendsTo, later, alarms } = props;
    this.of = unnamed ? undefined : service;
    this.sendsTo = sendsTo;
    this.metrics = unnamed ? 'relay' : `${service}-relay`;
    this.table = new ServiceTable(this, 'Table', {
      stage,
      name: unnamed ? 'outbox' : `${service}-outbox`,
      partitionKey: { name: 'aggregateId', type: AttributeType.STRING },
      sortKey: { name: 'version', type: AttributeType.NUMBER },
      dynamoStream: StreamViewType.NEW_IMAGE,
    });

    const outboxFunction = (name: 'relay' | 'sweep', timeout: Duration) => {
      const environment = {
        OUTBOX_TABLE: this.table.tableName,
        ...(!unnamed && { POWERTOOLS_SERVICE_NAME: this.metrics }),
      };
      const fn = new ServiceFunction(this, name, {
        stage,
        name: `${service}-outbox-${name}`,
        entry,
        handler: name,
        environment,
        timeout,
      });
      channels.allowSending(fn, sendsTo);
      channels.allowErasingLarge(fn, sendsTo);
      return fn;
    };

    const relay = outboxFunction('relay', Duration.seconds(30));
    this.relay = `${prefixOf(stage)}${service}-outbox-relay`;
    this.table.allow(relay, 'Query', 'BatchWriteItem');
    const stream = this.table.tableStreamArn as string;
    relay.addToRolePolicy(
      new PolicyStatement({
        actions: ['GetRecords', 'GetShardIterator', 'DescribeStream'].map((verb) => `dynamodb:${verb}`),
        resources: [stream],
      }),
    );
    // `ListStreams` lists the streams of all tables, and can be granted only on `*`
    // (https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazondynamodb.html). CDK also grants it
    // on `*`.
    relay.addToRolePolicy(new PolicyStatement({ actions: ['dynamodb:ListStreams'], resources: ['*'] }));
    Validations.of(relay.role ?? relay).acknowledge({
      id: 'AwsSolutions-IAM5[Resource::*]',
      reason: 'dynamodb:ListStreams has no resource-level permissions.',
    });
    relay.addEventSourceMapping('FromOutbox', {
      eventSourceArn: stream,
      // LATEST could miss rows that are written while CloudFormation creates the mapping.
      startingPosition: StartingPosition.TRIM_HORIZON,
      batchSize: 100,
      // After three retries, a record is dropped instead of blocking its shard of the stream. The sweep still publishes
      // the row that the record is about.
      retryAttempts: 3,
      bisectBatchOnError: true,
      reportBatchItemFailures: true,
      filters: [FilterCriteria.filter({ eventName: FilterRule.isEqual('INSERT') })],
    });

    const sweep = outboxFunction('sweep', Duration.minutes(1));
    this.table.allow(sweep, 'Scan', 'Query', 'BatchWriteItem');
    everyMinute(this, 'EveryMinute', sweep.live);
    if (later) {
      const { places } = later;
      const about = { stage, ...(this.of !== undefined && { of: this.of }), metrics: this.metrics, alarms };
      this.#later = new LaterTable(this, 'Later', { ...about, places, outbox: this.table, sweep });
    }

    this.#raiseAlarms(props, relay, sweep);
  }

  /**
   * The table of scheduled messages. Senders need the table's name for `createLater`, and the permission `PutItem`.
   * Senders that cancel messages also need `DeleteItem`. Senders that erase aggregates also need `Query` and
   * `DeleteItem`.
   * @throws {Error} if the outbox has no such table
   */
  get later(): ServiceTable {
    if (this.#later) return this.#later.table;
    throw new Error(
      `${this.table.tableName}: this outbox has no table of scheduled messages: create it with \`later\`.`,
    );
  }

  #raiseAlarms({ stage, service, alarms: topic }: OutboxProps, relay: ServiceFunction, sweep: ServiceFunction): void {
    const rollsBack = [relay, sweep];
    const common = { stage, topic, rollsBack, ...(this.of !== undefined && { of: this.of }) };
    raiseAlarm(this, {
      ...common,
      chapter: 'relay-behind',
      metric: relay.metric('IteratorAge', { statistic: 'Maximum', period: Duration.minutes(1) }),
      above: Duration.minutes(1).toMilliseconds(),
      meaning: 'The relay is more than a minute behind the outbox: messages are published late.',
    });
    raiseAlarm(this, {
      ...common,
      chapter: 'oldest-unpublished',
      metric: serviceMetric(stage, this.metrics, 'OldestUnpublished', 'Maximum'),
      // The sweep runs every minute, so the relay or the sweep should have published the message by then.
      above: Duration.minutes(2).toSeconds(),
      meaning:
        'A message was committed more than two minutes ago and is still in the outbox. Either it has not been published, or it reports a deletion, and the data of large messages could not be deleted from S3.',
    });
    raiseAlarm(this, {
      stage,
      topic,
      rollsBack,
      chapter: 'sweep-fails',
      of: `${service}-outbox`,
      metric: sweep.metricErrors({ period: Duration.minutes(1) }),
      above: 0,
      evenIfSilent: true,
      meaning:
        'The sweep of the outbox fails or does not run: messages that the relay could not publish stay unpublished.',
    });
    raiseAlarm(this, {
      ...common,
      chapter: 'left-in-outbox',
      metric: serviceMetric(stage, this.metrics, 'LeftInOutbox', 'Maximum'),
      above: 0,
      meaning:
        'The sweep could not publish everything: a topic or queue rejects messages (too large, denied) or does not respond.',
    });
  }
}
