import { CONSUMER_MODES } from '@rollcall/kit/internal/contracts/capability';
import type { Channel } from '@rollcall/kit/internal/contracts/channel';
import type { ConsumerDescriptor } from '@rollcall/kit/internal/contracts/consumer';
import { checkConsumer } from '@rollcall/kit/internal/contracts/consumer-checks';
import { CONSUMER_METADATA, metadataOf } from '@rollcall/kit/internal/contracts/consumer-metadata';
import { PARKED_AGGREGATE, PARKED_INDEX } from '@rollcall/kit/internal/contracts/subscriber-table';
import { Duration } from 'aws-cdk-lib';
import { MathExpression } from 'aws-cdk-lib/aws-cloudwatch';
import { AttributeType } from 'aws-cdk-lib/aws-dynamodb';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { CfnFunction } from 'aws-cdk-lib/aws-lambda';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { raiseAlarm } from './alarms.ts';
import { consumersIn } from './bundles.ts';
import type { Channels } from './channels.ts';
import { everyMinute } from './every-minute.ts';
import type { ConsumedQueue } from './fifo-queue.ts';
import type { OperationalControls } from './operational-controls.ts';
import { ServiceFunction } from './service-function.ts';
import { serviceMetric } from './service-metric.ts';
import { ServiceTable } from './service-table.ts';
import { concurrencyOf, prefixOf, type Stage } from './stage.ts';

export interface ConsumerProps {
  stage: Stage;
  consumer: ConsumerDescriptor;
  /** Handler file that exports this consumer's `consume` and `sweep`. */
  entry: string;
  environment?: Record<string, string>;
  /** Modes of the consumer's capability besides `pause` and `skip`. The consumer's handlers implement these modes. */
  degradedModes?: readonly string[];
  /** Whether Lambda may wait for a batch to fill. Suitable only if the latency of the messages does not matter. */
  gathers?: boolean;
  channels: Channels;
  alarms: ITopic;
  governance: OperationalControls;
}

/** The queues of one subscription to a topic. */
export interface SubscriptionQueues {
  main: ConsumedQueue;
  /** Dead-letter queue of the subscription: messages that SNS could not deliver. */
  undelivered: Queue;
}

/** The actions on a consumer's table that the kit needs to apply and park messages. */
const APPLY_ACTIONS = ['GetItem', 'PutItem', 'UpdateItem', 'DeleteItem'];

/**
 * A consumer of a queue: its functions, table and alarms.
 * @public
 */
export class Consumer extends Construct {
  readonly name: string;
  readonly of: Channel;
  readonly table: ServiceTable;
  readonly #consume: ServiceFunction;
  readonly #functions: ServiceFunction[];

  /** @param queues the queues of a subscription to a topic. Default: the queue that is the consumer's channel */
  constructor(scope: Construct, id: string, props: ConsumerProps, queues?: SubscriptionQueues) {
    super(scope, id);
    checkConsumer(props.consumer);
    const { stage, entry, environment, degradedModes = [], gathers = false, channels, alarms, governance } = props;
    const { name, of, sends, capability, idempotent = false, joinsLate = false } = props.consumer;
    if (of.kind === 'topic' && !queues)
      throw new Error(`consumer ${name}: ${of.name} is a topic: use the construct Subscriber instead of Consumer`);
    checkEntry(props);
    this.name = name;
    this.of = of;
    const { queue, deadLetters } = queues?.main ?? channels.queue(of);
    const undelivered = queues?.undelivered;

    this.table = new ServiceTable(this, 'Table', {
      stage,
      name,
      partitionKey: { name: 'pk', type: AttributeType.STRING },
      sortKey: { name: 'sk', type: AttributeType.STRING },
      globalSecondaryIndexes: [
        {
          indexName: PARKED_INDEX,
          partitionKey: { name: PARKED_AGGREGATE, type: AttributeType.STRING },
          sortKey: { name: 'version', type: AttributeType.NUMBER },
        },
      ],
      // Duplicates of messages without a version are recognised by their stored ids, and the stored ids expire.
      ...(!of.ordered && !idempotent && { timeToLiveAttribute: 'expiresAt' }),
    });

    const consumerFunction = (suffix: string, handler: string, timeout: Duration, actions: string[]) => {
      const fn = new ServiceFunction(this, handler, {
        stage,
        name: `${name}-${suffix}`,
        entry,
        handler,
        environment: {
          TABLE: this.table.tableName,
          QUEUE_URL: queue.queueUrl,
          DEAD_LETTERS_URL: deadLetters.queueUrl,
          ...(undelivered && { UNDELIVERED_URL: undelivered.queueUrl }),
          JOINS_LATE: String(joinsLate),
          ...(stage.verifySenders && { SENDER_PREFIX: prefixOf(stage) }),
          ...environment,
        },
        timeout,
      });
      this.table.allow(fn, ...actions);
      channels.allowSending(fn, sends);
      channels.allowReadingLarge(fn, name, of);
      fn.addEnvironment('SWITCHES_TABLE', governance.environment.SWITCHES_TABLE);
      return fn;
    };
    const consume = consumerFunction('consume', 'consume', ServiceFunction.defaultTimeout, APPLY_ACTIONS);
    (consume.node.defaultChild as CfnFunction).addMetadata(CONSUMER_METADATA, metadataOf(props.consumer));
    this.#consume = consume;
    const sweep = consumerFunction('sweep', 'sweep', Duration.minutes(1), [...APPLY_ACTIONS, 'Query']);
    this.table.allowOnIndex(sweep, PARKED_INDEX, 'Scan');
    this.#functions = [consume, sweep];
    if (capability) {
      const switched = { name: capability, modes: [...CONSUMER_MODES, ...degradedModes] };
      for (const fn of this.#functions) governance.allowReadingSwitches(fn, switched);
    }
    everyMinute(this, 'EveryMinute', sweep.live);

    const concurrency = concurrencyOf(stage, name);
    const reserved = stage.reservedConcurrency[`${name}-consume`] ?? concurrency;
    // With less reserved concurrency, Lambda would receive messages that the function cannot process. SQS would count
    // these receives, and move the messages to the dead-letter queue after too many of them.
    if (reserved < concurrency)
      throw new Error(
        `reservedConcurrency of ${name}-consume is ${reserved}, less than its subscriberConcurrency of ${concurrency}.`,
      );
    queue.deliverTo(consume, name, gathers);
    // The function sets the visibility timeout of messages that it returns to the queue.
    consume.addToRolePolicy(
      new PolicyStatement({ actions: ['sqs:ChangeMessageVisibility'], resources: [queue.queueArn] }),
    );
    const deadLetterQueues = [
      [`${name}-dlq`, deadLetters, 'dead letters are'],
      [`${name}-undelivered`, undelivered, 'messages that SNS could not deliver to the queue are'],
    ] as const;
    sweep.addToRolePolicy(
      new PolicyStatement({
        actions: ['sqs:ReceiveMessage', 'sqs:DeleteMessage'],
        resources: deadLetterQueues.flatMap(([, one]) => one?.queueArn ?? []),
      }),
    );

    raiseAlarms(this, { stage, topic: alarms, name, queue, consume, sweep, deadLetterQueues });
  }

  /** Allows the function that applies messages to find the remaining data of an aggregate that is erased. */
  protected allowErasing(): void {
    this.table.allow(this.#consume, 'Query');
  }

  /**
   * Allows both functions to use another table of the service, and sets an environment variable to the name of the
   * table.
   */
  uses(variable: string, table: ServiceTable, ...actions: string[]): void {
    for (const fn of this.#functions) fn.uses(variable, table, ...actions);
  }

  /** Adds environment variables and permissions to both functions. */
  extend(environment: Record<string, string>, allow: (fn: ServiceFunction) => void): void {
    for (const fn of this.#functions) {
      for (const [name, value] of Object.entries(environment)) fn.addEnvironment(name, value);
      allow(fn);
    }
  }
}

/**
 * Checks that a handler file does not contain only descriptors of other consumers. If none is found in the file, the
 * function compares its name with the name of its consumer when it starts.
 */
function checkEntry({ consumer: { name }, entry }: ConsumerProps): void {
  const found = consumersIn(entry);
  if (found.length > 0 && !found.includes(name))
    throw new Error(`consumer ${name}: its entry ${entry} has the handlers of ${found.join(', ')}`);
}

interface AlarmSources {
  stage: Stage;
  topic: ITopic;
  /** Name of the consumer. */
  name: string;
  queue: Queue;
  consume: ServiceFunction;
  sweep: ServiceFunction;
  /**
   * For each dead-letter queue: the value of `of` for the alarm, the queue, and the first words of the alarm's
   * `meaning`.
   */
  deadLetterQueues: ReadonlyArray<readonly [of: string, queue: Queue | undefined, firstWords: string]>;
}

function raiseAlarms(
  scope: Construct,
  { stage, topic, name, queue, consume, sweep, deadLetterQueues }: AlarmSources,
): void {
  const period = Duration.minutes(1);
  const rollsBack = [consume, sweep];
  raiseAlarm(scope, {
    stage,
    topic,
    chapter: 'late',
    of: name,
    rollsBack,
    metric: queue.metricApproximateAgeOfOldestMessage({ period }),
    above: 5 * 60,
    meaning: `${name}: the oldest message has waited for more than five minutes.`,
  });
  raiseAlarm(scope, {
    stage,
    topic,
    chapter: 'backlog',
    of: name,
    metric: queue.metricApproximateNumberOfMessagesVisible({ period }),
    above: 10_000,
    meaning: `${name}: more than 10,000 messages are waiting.`,
  });
  raiseAlarm(scope, {
    stage,
    topic,
    chapter: 'sweep-fails',
    of: name,
    rollsBack,
    metric: sweep.metricErrors({ period }),
    above: 0,
    evenIfSilent: true,
    meaning: `${name}: the sweep fails or does not run, so parked messages stay parked. A message may crash the sweep.`,
  });
  raiseAlarm(scope, {
    stage,
    topic,
    chapter: 'parked-for-person',
    of: name,
    rollsBack,
    metric: serviceMetric(stage, name, 'ParkedForPerson', 'Maximum'),
    above: 0,
    meaning: `${name}: a message needs an operator: it failed permanently, cannot be read or came too late, or has been failing or waiting for its predecessor for more than an hour. Later messages of its aggregate may wait behind it.`,
  });
  for (const [of, deadLetters, firstWords] of deadLetterQueues) {
    if (!deadLetters) continue;
    raiseAlarm(scope, {
      stage,
      topic,
      chapter: 'not-parked',
      of,
      rollsBack,
      // Counts hidden messages, too: a message that the sweep receives repeatedly and cannot park is hidden most of the
      // time.
      metric: new MathExpression({
        expression: 'visible + hidden',
        usingMetrics: {
          visible: deadLetters.metricApproximateNumberOfMessagesVisible({ period }),
          hidden: deadLetters.metricApproximateNumberOfMessagesNotVisible({ period }),
        },
        period,
      }),
      above: 0,
      // The sweep runs every minute, so it has had several attempts after five minutes.
      minutes: 5,
      meaning: `${name}: ${firstWords} not parked, because the sweep fails.`,
    });
  }
}
