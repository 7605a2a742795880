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
  /** Whose messages they are: what it sends is sent by functions that are named like its others. */
  service: string;
  /**
   * Whether the names of table, alarms and metrics go without the service: `outbox`, not `orders-outbox`. One outbox of a
   * stage can. Default: false.
   */
  unnamed?: boolean;
  /** Handler file that exports `relay` and `sweep`. */
  entry: string;
  channels: Channels;
  /** Where its messages may go. */
  sendsTo: readonly Channel[];
  /**
   * That messages may wait for later, and the tables of the aggregates and counts that give them their places when they are
   * due. Default: none may.
   */
  later?: { places: readonly ServiceTable[] };
  alarms: ITopic;
}

/**
 * The table of messages that are committed and not yet published, and the two functions that publish them.
 * @beta
 */
export class Outbox extends Construct {
  readonly table: ServiceTable;
  /** What it is called among others: nothing, if it is `unnamed`. */
  readonly of: string | undefined;
  /** Name of the function that is woken by the stream. */
  readonly relay: string;
  /** By which service's name the metrics of relay and sweep are told from others'. */
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

    const publisher = (name: 'relay' | 'sweep', timeout: Duration) => {
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

    const relay = publisher('relay', Duration.seconds(30));
    this.relay = `${prefixOf(stage)}${service}-outbox-relay`;
    this.table.allow(relay, 'Query', 'BatchWriteItem');
    const stream = this.table.tableStreamArn as string;
    relay.addToRolePolicy(
      new PolicyStatement({
        actions: ['GetRecords', 'GetShardIterator', 'DescribeStream'].map((verb) => `dynamodb:${verb}`),
        resources: [stream],
      }),
    );
    // It lists streams of all tables, and can be granted on `*` only
    // (https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazondynamodb.html); so does CDK.
    relay.addToRolePolicy(new PolicyStatement({ actions: ['dynamodb:ListStreams'], resources: ['*'] }));
    Validations.of(relay.role ?? relay).acknowledge({
      id: 'AwsSolutions-IAM5[Resource::*]',
      reason: 'dynamodb:ListStreams has no resource that a policy could name.',
    });
    relay.addEventSourceMapping('FromOutbox', {
      eventSourceArn: stream,
      // LATEST could miss what is written while the mapping is being made.
      startingPosition: StartingPosition.TRIM_HORIZON,
      batchSize: 100,
      // A record that fails is given up soon instead of blocking its shard: its row is still there for the sweep.
      retryAttempts: 3,
      bisectBatchOnError: true,
      reportBatchItemFailures: true,
      filters: [FilterCriteria.filter({ eventName: FilterRule.isEqual('INSERT') })],
    });

    const sweep = publisher('sweep', Duration.minutes(1));
    this.table.allow(sweep, 'Scan', 'Query', 'BatchWriteItem');
    everyMinute(this, 'EveryMinute', sweep);
    if (later) {
      const { places } = later;
      const about = { stage, ...(this.of !== undefined && { of: this.of }), metrics: this.metrics, alarms };
      this.#later = new LaterTable(this, 'Later', { ...about, places, outbox: this.table, sweep });
    }

    this.#raiseAlarms(props, relay, sweep);
  }

  /**
   * The table of messages that wait. Who sends them has its name, for `createLater`, and may `PutItem`; who cancels them,
   * `DeleteItem`; who erases aggregates, `Query` and `DeleteItem`.
   * @throws {Error} if it has none
   */
  get later(): ServiceTable {
    if (this.#later) return this.#later.table;
    throw new Error(
      `${this.table.tableName}: no message waits for later here, unless the outbox is made with \`later\`.`,
    );
  }

  #raiseAlarms({ stage, service, alarms: topic }: OutboxProps, relay: ServiceFunction, sweep: ServiceFunction): void {
    const own = { stage, topic, ...(this.of !== undefined && { of: this.of }) };
    raiseAlarm(this, {
      ...own,
      chapter: 'relay-behind',
      metric: relay.metric('IteratorAge', { statistic: 'Maximum', period: Duration.minutes(1) }),
      above: Duration.minutes(1).toMilliseconds(),
      meaning: 'The relay is more than a minute behind the outbox: messages are published late.',
    });
    raiseAlarm(this, {
      ...own,
      chapter: 'oldest-unpublished',
      metric: serviceMetric(stage, this.metrics, 'OldestUnpublished', 'Maximum'),
      // By then, the relay and a sweep have had their turn.
      above: Duration.minutes(2).toSeconds(),
      meaning:
        'A message was committed more than two minutes ago and is still in the outbox: it is not published, or the data that it erases is not erased.',
    });
    raiseAlarm(this, {
      stage,
      topic,
      chapter: 'sweep-fails',
      of: `${service}-outbox`,
      metric: sweep.metricErrors({ period: Duration.minutes(1) }),
      above: 0,
      evenIfSilent: true,
      meaning: 'The sweep of the outbox fails, or does not run: nobody publishes what the relay leaves.',
    });
    raiseAlarm(this, {
      ...own,
      chapter: 'left-in-outbox',
      metric: serviceMetric(stage, this.metrics, 'LeftInOutbox', 'Maximum'),
      above: 0,
      meaning:
        'The sweep could not publish everything: the topic refuses messages (too large, denied), or does not answer.',
    });
  }
}
