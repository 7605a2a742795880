import type { PublishBatchCommand, SNSClient } from '@aws-sdk/client-sns';
import type { Choices } from './choices.ts';
import { acceptEntries } from './entries.ts';
import { DEDUPLICATION_MS, type Queue } from './queue.ts';
import type { Instance, Scheduler } from './scheduler.ts';

export interface Subscription {
  queue: Queue;
  /** Dead-letter queue of the subscription. */
  undelivered: Queue;
  /** Message types that the subscription's filter drops. */
  without: readonly string[];
  /** Called for each message that the subscription must receive. */
  onDelivered: (aggregateId: string, version: number) => void;
}

export interface TopicOptions {
  name: string;
  onPublished: (body: string) => void;
  /** Whether the topic permanently rejects a message. */
  refuses?: (aggregateId: string, version: number) => boolean;
}

export const arnOf = (topic: string): string => `arn:${topic}.fifo`;

/**
 * An SNS FIFO topic. It accepts the entries of a batch separately. It delivers each accepted entry that is not a
 * duplicate to the subscriptions whose filters match. If a delivery fails, as it sometimes does, the message is in the
 * dead-letter queue of the subscription instead.
 */
export class FifoTopic {
  readonly subscriptions: Subscription[] = [];
  readonly #options: TopicOptions;
  readonly #scheduler: Scheduler;
  readonly #choices: Choices;
  readonly #seen = new Map<string, number>();

  constructor(options: TopicOptions, scheduler: Scheduler, choices: Choices) {
    this.#options = options;
    this.#scheduler = scheduler;
    this.#choices = choices;
  }

  publish({ PublishBatchRequestEntries: entries = [] }: PublishBatchCommand['input']) {
    const { refuses = () => false } = this.#options;
    const refused = entries.filter(({ Message = '', MessageGroupId = '' }) =>
      refuses(MessageGroupId, Number(JSON.parse(Message).sequence)),
    );
    const result = acceptEntries(
      entries.filter((entry) => !refused.includes(entry)),
      this.#choices,
      ({ Message = '', MessageGroupId = '', MessageDeduplicationId = '' }) =>
        this.#accept(MessageGroupId, MessageDeduplicationId, Message),
    );
    const Failed = refused.map(({ Id }) => ({ Id, Code: 'InvalidParameter', SenderFault: true }));
    return { ...result, Failed: [...result.Failed, ...Failed] };
  }

  #accept(group: string, id: string, body: string): void {
    const { now } = this.#scheduler;
    this.#options.onPublished(body);
    if ((this.#seen.get(id) ?? Number.NEGATIVE_INFINITY) > now - DEDUPLICATION_MS) return;
    this.#seen.set(id, now);
    const { type, sequence } = JSON.parse(body);
    for (const { queue, undelivered, without, onDelivered } of this.subscriptions) {
      // A filter change takes effect with a delay, so the filter sometimes delivers a message that it should drop.
      if (!without.includes(type)) onDelivered(group, Number(sequence));
      else if (this.#choices.below(3) < 2) continue;
      const target = this.#choices.below(24) === 23 ? undelivered : queue;
      target.send(body, group, id);
    }
  }
}

/** All topics of a stage, by ARN. */
export class Topics {
  readonly #scheduler: Scheduler;
  readonly #choices: Choices;
  readonly #topics = new Map<string, FifoTopic>();

  constructor(scheduler: Scheduler, choices: Choices) {
    this.#scheduler = scheduler;
    this.#choices = choices;
  }

  create(options: TopicOptions): FifoTopic {
    const topic = new FifoTopic(options, this.#scheduler, this.#choices);
    this.#topics.set(arnOf(options.name), topic);
    return topic;
  }

  /** Implements the part of the SNS client that the kit uses. */
  clientOf(instance: Instance): SNSClient {
    const send = ({ input }: PublishBatchCommand) => {
      const topic = this.#topics.get(input.TopicArn ?? '');
      if (!topic) throw new Error(`there is no topic ${input.TopicArn}`);
      const ids = (input.PublishBatchRequestEntries ?? []).map((entry) => entry.MessageDeduplicationId);
      return this.#scheduler.call(instance, `publishes ${ids}`, () => topic.publish(input));
    };
    return { send } as unknown as SNSClient;
  }
}
