import type { Channel } from '@rollcall/kit/internal/contracts/channel';
import { Stack } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import type { ITopic, ITopicSubscription } from 'aws-cdk-lib/aws-sns';
import { Construct, type IDependable } from 'constructs';
import { EventTopic } from './event-topic.ts';
import { ConsumedQueue } from './fifo-queue.ts';
import { LargeBucket } from './large-bucket.ts';
import type { ServiceDirectory } from './service-directory.ts';
import { prefixOf, type Stage } from './stage.ts';

/** The topics and queues of a stage, by the names in their contracts. */
export class Channels extends Construct {
  readonly #topics = new Map<string, EventTopic>();
  readonly #queues = new Map<string, ConsumedQueue>();
  readonly #directory: ServiceDirectory;
  /**
   * Name of the directory in which functions look up subscribers: the value of the environment variable `DIRECTORY`.
   */
  readonly directory: string;
  readonly #large: LargeBucket | undefined;

  constructor(
    scope: Construct,
    id: string,
    { stage, channels, directory }: { stage: Stage; channels: readonly Channel[]; directory: ServiceDirectory },
  ) {
    super(scope, id);
    this.#directory = directory;
    this.directory = directory.name;
    if (channels.some(({ large }) => large)) this.#large = new LargeBucket(this, 'Large', { stage });
    for (const channel of channels) {
      const name = `${prefixOf(stage)}${channel.name}`;
      if (channel.kind === 'topic') this.#topics.set(channel.name, new EventTopic(this, channel.name, { stage, name }));
      else
        this.#queues.set(
          channel.name,
          new ConsumedQueue(this, channel.name, { stage, name, ordered: channel.ordered }),
        );
      const owner = channel.kind === 'topic' ? this.topic(channel) : this.queue(channel);
      const address = { ...this.#addressOf(channel), format: channel.format };
      directory.register(owner, channel.name, channel.description, address);
      if (channel.kind === 'topic') directory.createSubscriberList(channel.name);
    }
  }

  #addressOf(channel: Channel): Record<string, string> {
    if (channel.kind === 'topic') return { kind: 'topic', arn: this.topic(channel).topicArn };
    const { queue } = this.queue(channel);
    return { kind: 'queue', arn: queue.queueArn, url: queue.queueUrl };
  }

  /** Subscribes a service's queue to a topic, and registers the service in the directory. */
  subscribe(owner: Construct, service: string, channel: Channel, subscription: ITopicSubscription): void {
    const subscribed = this.topic(channel).addSubscription(subscription);
    this.#directory.registerSubscriber(owner, channel.name, service, subscribed);
  }

  /** Allows a function to look up the subscribers of a topic, and sets `DIRECTORY`. */
  allowListingSubscribers(fn: LambdaFunction, { name }: Channel): void {
    this.#directory.allowListingSubscribers(fn, name);
  }

  /** Makes the topics depend on all queues and the given resources. */
  createTopicsAfter(...others: IDependable[]): void {
    for (const topic of this.#topics.values()) topic.node.addDependency(...this.#queues.values(), ...others);
  }

  topic({ name }: Channel): ITopic {
    return channelResource(this.#topics, name);
  }

  queue({ name }: Channel): ConsumedQueue {
    return channelResource(this.#queues, name);
  }

  /** Returns the `large` channels among `channels`, and the bucket for their messages; undefined if none is large. */
  #largeAmong(channels: readonly Channel[]): { bucket: LargeBucket; large: readonly Channel[] } | undefined {
    const large = channels.filter((channel) => channel.large);
    return this.#large && large.length > 0 ? { bucket: this.#large, large } : undefined;
  }

  /** Sets LARGE_BUCKET, the name of the bucket for the data of large messages, if one of the channels is large. */
  setLargeBucket(fn: LambdaFunction, channels: readonly Channel[]): void {
    this.#largeAmong(channels)?.bucket.setBucketName(fn);
  }

  /**
   * Allows a function that commits messages to store the data of large messages, and sets LARGE_BUCKET. Does nothing if
   * none of the channels is large.
   */
  allowKeepingLarge(fn: LambdaFunction, channels: readonly Channel[]): void {
    const { bucket, large = [] } = this.#largeAmong(channels) ?? {};
    bucket?.allowStoring(fn, large);
  }

  /**
   * Allows a function of an outbox to erase a subject's data in the bucket, for each large channel that has a message
   * with `erases`. Sets LARGE_BUCKET if any of the channels is large, and any of them, not necessarily the same,
   * has such a message.
   */
  allowErasingLarge(fn: LambdaFunction, channels: readonly Channel[]): void {
    const erasing = channels.filter(({ messages }) => messages.some(({ erases }) => erases));
    if (erasing.length > 0) this.setLargeBucket(fn, channels);
    const { bucket, large = [] } = this.#largeAmong(erasing) ?? {};
    bucket?.allowErasing(fn, large);
  }

  /**
   * Allows a function of a consumer to read the data of large messages, and sets LARGE_BUCKET. Does nothing if the
   * channel is not large.
   */
  allowReadingLarge(fn: LambdaFunction, consumer: string, channel: Channel): void {
    this.#largeAmong([channel])?.bucket.allowReading(fn, consumer, channel);
  }

  /** Allows a function to send to the given channels, and sets CHANNELS to the addresses of these channels. */
  allowSending(fn: LambdaFunction, channels: readonly Channel[]): void {
    const addresses = channels.map((channel) => {
      if (channel.kind === 'topic') {
        const topic = this.topic(channel);
        fn.addToRolePolicy(new PolicyStatement({ actions: ['sns:Publish'], resources: [topic.topicArn] }));
        return [channel.name, topic.topicArn];
      }
      const { queue } = this.queue(channel);
      fn.addToRolePolicy(new PolicyStatement({ actions: ['sqs:SendMessage'], resources: [queue.queueArn] }));
      return [channel.name, queue.queueUrl];
    });
    fn.addEnvironment('CHANNELS', Stack.of(fn).toJsonString(Object.fromEntries(addresses)));
  }
}

function channelResource<T>(all: ReadonlyMap<string, T>, name: string): T {
  const found = all.get(name);
  if (found) return found;
  throw new Error(`There is no channel ${name}; there are: ${[...all.keys()].join(', ')}`);
}
