import type { Channel } from '@rollcall/kit/contracts/channel';
import type { MessageContract } from '@rollcall/kit/contracts/contract';
import type { Route } from '@rollcall/kit/contracts/route';
import { Validations } from 'aws-cdk-lib';
import { SubscriptionFilter } from 'aws-cdk-lib/aws-sns';
import { SqsSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import { Construct } from 'constructs';
import type { Api } from './api.ts';
import { Consumer, type ConsumerProps } from './consumer.ts';
import { ConsumedQueue, FifoQueue } from './fifo-queue.ts';
import { ServiceFunction } from './service-function.ts';

export interface SubscriberProps extends Omit<ConsumerProps, 'queue' | 'undelivered' | 'remembersIds' | 'gathers'> {
  topic: Channel;
  /**
   * The renditions of events that it reads in another; these are kept from it. It needs every version of an aggregate,
   * so nothing else may be. Default: none, as it is while it moves from one rendition to another: a filter takes effect
   * after minutes, and of two that are changed for one another both could be kept from it.
   */
  without?: readonly MessageContract[];
  /**
   * Whether there may be aggregates from before its first deployment. It then begins each of them at the first version
   * that it meets; another subscriber waits for version 1. Default: it was there from the beginning.
   */
  joinsLate?: boolean;
}

/** A service that reacts to events: a queue behind the topic, and whoever consumes it. */
export class Subscriber extends Consumer {
  readonly #props: SubscriberProps;

  constructor(scope: Construct, id: string, props: SubscriberProps) {
    const name = `rollcall-${props.stage.name}-${props.name}`;
    const queues = new Construct(scope, `${id}Queues`);
    const queue = new ConsumedQueue(queues, 'Main', { stage: props.stage, name });
    const undelivered = new FifoQueue(queues, 'Undelivered', { stage: props.stage, name: `${name}-undelivered` });
    Validations.of(undelivered).acknowledge({
      id: 'AwsSolutions-SQS3',
      reason: "It is a dead-letter queue itself: of the topic's subscription, which the rule does not look at.",
    });
    super(scope, id, { ...props, queue, undelivered });
    this.#props = props;
    const { without = [] } = props;
    this.allowErasing();
    props.channels.subscribe(
      props.name,
      props.topic,
      new SqsSubscription(queue.queue, {
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
   * A route of the API that reads what the subscriber made.
   * @param entry handler file that exports `read`
   * @param action the one thing that it does with the table, such as `GetItem`
   */
  addReadRoute(api: Api, route: Route, entry: string, action: string): ServiceFunction {
    const { stage, name } = this.#props;
    const read = new ServiceFunction(this, 'read', {
      stage,
      name: `${name}-read`,
      entry,
      handler: 'read',
      environment: { TABLE: this.table.tableName, SCOPES: JSON.stringify(stage.tokens.scopes) },
    });
    this.table.allow(read, action);
    api.addServiceRoute(this, 'Read', route, read);
    return read;
  }
}
