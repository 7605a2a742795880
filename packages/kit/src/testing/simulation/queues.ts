import {
  ChangeMessageVisibilityBatchCommand,
  DeleteMessageBatchCommand,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import type { Choices } from './choices.ts';
import { acceptEntries } from './entries.ts';
import { Queue, type QueueOptions } from './queue.ts';
import type { Instance, Scheduler } from './scheduler.ts';

/** All queues of a stage, by URL. */
export class Queues {
  readonly #scheduler: Scheduler;
  readonly #choices: Choices;
  readonly #queues = new Map<string, Queue>();

  constructor(scheduler: Scheduler, choices: Choices) {
    this.#scheduler = scheduler;
    this.#choices = choices;
  }

  create(options: QueueOptions): Queue {
    const queue = new Queue(options, this.#scheduler, this.#choices);
    this.#queues.set(urlOf(queue), queue);
    return queue;
  }

  /** Implements the part of the SQS client that the kit uses. */
  clientOf(instance: Instance): SQSClient {
    const send = (command: { input: { QueueUrl?: string } }) => {
      const queue = this.#queues.get(command.input.QueueUrl ?? '');
      if (!queue) throw new Error(`there is no queue ${command.input.QueueUrl}`);
      return this.#scheduler.call(instance, `${verbOf(command)} ${queue.name}`, () => this.#execute(queue, command));
    };
    return { send } as unknown as SQSClient;
  }

  #execute(queue: Queue, command: object): object {
    if (command instanceof SendMessageBatchCommand)
      return acceptEntries(command.input.Entries ?? [], this.#choices, ({ MessageBody = '', ...entry }) =>
        queue.send(MessageBody, entry.MessageGroupId, entry.MessageDeduplicationId),
      );
    if (command instanceof ReceiveMessageCommand) {
      const Messages = queue.receive().map(({ messageId, receiptHandle, body, attributes }) => ({
        ...{ MessageId: messageId, ReceiptHandle: receiptHandle, Body: body, Attributes: attributes },
      }));
      return { Messages };
    }
    if (command instanceof DeleteMessageBatchCommand)
      queue.delete((command.input.Entries ?? []).map(({ ReceiptHandle = '' }) => ReceiptHandle));
    else if (command instanceof ChangeMessageVisibilityBatchCommand)
      for (const { ReceiptHandle = '', VisibilityTimeout = 0 } of command.input.Entries ?? [])
        queue.hide(ReceiptHandle, VisibilityTimeout);
    else throw new Error(`the simulation does not support ${command.constructor.name}`);
    return {};
  }
}

export const urlOf = ({ name }: { name: string }): string => `https://queues/${name}`;

function verbOf(command: object): string {
  if (command instanceof SendMessageBatchCommand) return 'sends to';
  if (command instanceof ReceiveMessageCommand) return 'receives from';
  return command instanceof DeleteMessageBatchCommand ? 'deletes from' : 'sets the backoff in';
}
