import { DeleteMessageBatchCommand, type Message, ReceiveMessageCommand, type SQSClient } from '@aws-sdk/client-sqs';
import type { Delivery } from './consumer.ts';

/** `died`: the message was received too often. `undelivered`: SNS could not deliver the message to the queue. */
export type DeadLetterCause = 'died' | 'undelivered';

export interface Drained {
  /** Number of parked messages. */
  parked: number;
  /** Number of messages that could not be parked, plus number of queues that could not be read or emptied. */
  remaining: number;
  /** Whether all queues are empty. */
  isEmpty: boolean;
}

export interface DeadLettersOptions {
  client: SQSClient;
  /** The dead-letter queues, each with the reason why messages are moved to it. */
  queues: ReadonlyArray<{ url: string; cause: DeadLetterCause }>;
  /** Parks a message. @throws {Error} if the message cannot be parked; it then remains in the queue */
  park: (delivery: Delivery, cause: DeadLetterCause) => Promise<unknown>;
  /** Called for each message that could not be parked, and with an empty body for each queue that failed. */
  onFailure: (body: string, error: Error) => void;
}

/**
 * Creates a function that parks the messages of dead-letter queues until the queues are empty or `mayContinue` returns
 * false. The sweep calls the function once a minute. These queues are nearly always empty, so continuous polling would
 * cost more without a benefit.
 */
export function createDeadLetters({ client, queues, park, onFailure }: DeadLettersOptions) {
  async function receive(url: string): Promise<Message[]> {
    const { Messages = [] } = await client.send(
      new ReceiveMessageCommand({
        QueueUrl: url,
        MaxNumberOfMessages: 10,
        WaitTimeSeconds: 0,
        MessageSystemAttributeNames: ['ApproximateReceiveCount', 'SenderId'],
      }),
    );
    return Messages;
  }

  async function tryToPark(message: Message, cause: DeadLetterCause): Promise<boolean> {
    try {
      await park(deliveryOf(message), cause);
      return true;
    } catch (error) {
      onFailure(message.Body ?? '', error as Error);
      return false;
    }
  }

  async function drain(url: string, cause: DeadLetterCause, mayContinue: () => boolean): Promise<Drained> {
    const drained = { parked: 0, remaining: 0, isEmpty: false };
    while (!drained.isEmpty && mayContinue()) {
      const messages = await receive(url);
      drained.isEmpty = messages.length === 0;
      const isParked = await Promise.all(messages.map((message) => tryToPark(message, cause)));
      const done = messages.filter((_, index) => isParked[index]);
      drained.parked += done.length;
      drained.remaining += messages.length - done.length;
      if (done.length === 0) continue;
      const Entries = done.map(({ ReceiptHandle }, index) => ({ Id: String(index), ReceiptHandle }));
      await client.send(new DeleteMessageBatchCommand({ QueueUrl: url, Entries }));
    }
    return drained;
  }

  return async (mayContinue: () => boolean): Promise<Drained> => {
    const all = await Promise.all(
      queues.map(({ url, cause }) =>
        drain(url, cause, mayContinue).catch((error: Error): Drained => {
          onFailure('', error);
          return { parked: 0, remaining: 1, isEmpty: false };
        }),
      ),
    );
    return {
      parked: all.reduce((sum, { parked }) => sum + parked, 0),
      remaining: all.reduce((sum, { remaining }) => sum + remaining, 0),
      isEmpty: all.every(({ remaining, isEmpty }) => isEmpty && remaining === 0),
    };
  };
}

const deliveryOf = ({ Body, MessageId, Attributes = {} }: Message): Delivery => ({
  body: Body ?? '',
  receives: Number(Attributes.ApproximateReceiveCount),
  queueMessageId: MessageId ?? '',
  senderId: Attributes.SenderId,
});
