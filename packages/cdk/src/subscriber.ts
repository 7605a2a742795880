import type { Route } from '@rollcall/kit/internal/contracts/route';
import { Validations } from 'aws-cdk-lib';
import { SubscriptionFilter } from 'aws-cdk-lib/aws-sns';
import { SqsSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import { Construct } from 'constructs';
import type { Api } from './api.ts';
import { Consumer, type ConsumerProps } from './consumer.ts';
import { ConsumedQueue, FifoQueue } from './fifo-queue.ts';
import { ServiceFunction } from './service-function.ts';
import { prefixOf } from './stage.ts';

/**
 * A service that reacts to events: a queue that is subscribed to the topic, and its consumer.
 * @public
 */
export class Subscriber extends Consumer {
  readonly #props: ConsumerProps;

  constructor(scope: Construct, id: string, props: ConsumerProps) {
    const { stage, channels } = props;
    const { name: service, of, without = [] } = props.consumer;
    const name = `${prefixOf(stage)}${service}`;
    const queues = new Construct(scope, `${id}Queues`);
    const main = new ConsumedQueue(queues, 'Main', { stage, name });
    const undelivered = new FifoQueue(queues, 'Undelivered', { stage, name: `${name}-undelivered` });
    Validations.of(undelivered).acknowledge({
      id: 'AwsSolutions-SQS3',
      reason:
        "This queue is the dead-letter queue of the topic's subscription. The rule only recognises dead-letter queues of queues.",
    });
    super(scope, id, props, { main, undelivered });
    this.#props = props;
    this.allowErasing();
    channels.subscribe(
      this,
      service,
      of,
      new SqsSubscription(main.queue, {
        rawMessageDelivery: true,
        deadLetterQueue: undelivered,
        ...(without.length > 0 && {
          filterPolicy: {
            type: SubscriptionFilter.stringFilter({ denylist: without.map(({ type }) => type) }),
          },
        }),
      }),
    );
  }

  /**
   * Adds a route of the API that reads the subscriber's table.
   * @param entry handler file that exports `read`
   * @param action the only action on the table that the function may perform, such as `GetItem`
   */
  addReadRoute(api: Api, route: Route, entry: string, action: string): ServiceFunction {
    const { stage } = this.#props;
    const read = new ServiceFunction(this, 'read', {
      stage,
      name: `${this.name}-read`,
      entry,
      handler: 'read',
      environment: { TABLE: this.table.tableName, SCOPES: JSON.stringify(stage.tokens.scopes) },
    });
    this.table.allow(read, action);
    api.addServiceRoute(this, 'Read', route, read);
    return read;
  }
}
