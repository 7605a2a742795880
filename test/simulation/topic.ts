import type { PublishBatchCommand, SNSClient } from '@aws-sdk/client-sns';
import { DEDUPLICATION_MS, type Queue, takeEntries } from './queues.ts';
import type { Choices, Instance, Scheduler } from './scheduler.ts';

export interface Subscription {
  queue: Queue;
  /** Where messages go that cannot be delivered to it. */
  undelivered: Queue;
  /** Types that its filter leaves out. */
  without: readonly string[];
  /** Told of what it is to get. */
  onDelivered: (aggregateId: string, version: number) => void;
}

export interface TopicOptions {
  onPublished: (body: string) => void;
  refuses: (aggregateId: string, version: number) => boolean;
}

/** SNS FIFO: takes entries of a batch one by one, and hands each to every subscription. */
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

  clientOf(instance: Instance): SNSClient {
    const send = ({ input }: PublishBatchCommand) => {
      const entries = input.PublishBatchRequestEntries ?? [];
      return this.#scheduler.call(instance, `publishes ${entries.map((e) => e.MessageDeduplicationId)}`, () => {
        const isRefused = ({ Message = '', MessageGroupId = '' }) =>
          this.#options.refuses(MessageGroupId, Number(JSON.parse(Message).sequence));
        const refused = entries.filter(isRefused);
        const taken = takeEntries(
          entries.filter((entry) => !refused.includes(entry)),
          this.#choices,
          ({ Message = '', MessageGroupId = '', MessageDeduplicationId = '' }) =>
            this.#take(MessageGroupId, MessageDeduplicationId, Message),
        );
        const Failed = refused.map(({ Id }) => ({ Id, Code: 'InvalidParameter', SenderFault: true }));
        return { ...taken, Failed: [...taken.Failed, ...Failed] };
      });
    };
    return { send } as unknown as SNSClient;
  }

  #take(group: string, id: string, body: string): void {
    const { now } = this.#scheduler;
    this.#options.onPublished(body);
    if ((this.#seen.get(id) ?? Number.NEGATIVE_INFINITY) > now - DEDUPLICATION_MS) return;
    this.#seen.set(id, now);
    const { type, sequence } = JSON.parse(body);
    for (const { queue, undelivered, without, onDelivered } of this.subscriptions) {
      // A change of a filter takes a while: now and then it lets through what it shall leave out.
      if (!without.includes(type)) onDelivered(group, Number(sequence));
      else if (this.#choices.below(3) < 2) continue;
      const target = this.#choices.below(24) === 23 ? undelivered : queue;
      target.send(body, group, id);
    }
  }
}
