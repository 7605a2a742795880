import { DeleteMessageBatchCommand, type Message, ReceiveMessageCommand, type SQSClient } from '@aws-sdk/client-sqs';
import type { Delivery } from './consumer.ts';

export type Cause = 'died' | 'undelivered';

export interface Drained {
  /** Number of messages. */
  setAside: number;
  /** Number of messages that stay, or of queues that could not be read. */
  left: number;
  /** Whether the queues are empty. */
  isEmpty: boolean;
}

export interface DeadLettersOptions {
  client: SQSClient;
  /** Dead-letter queues, and why messages end up in each. */
  queues: ReadonlyArray<{ url: string; cause: Cause }>;
  /** @throws {Error} if it could not be parked: it stays in the queue */
  setAside: (delivery: Delivery, cause: Cause) => Promise<unknown>;
  /** Called for each message that stays, and with an empty body for each queue that could not be read. */
  onFailure: (body: string, error: Error) => void;
}

/**
 * Parks the messages of dead-letter queues until these are empty. The sweep does this: a function that polls queues
 * which are nearly always empty costs more.
 */
export function createDeadLetters({ client, queues, setAside, onFailure }: DeadLettersOptions) {
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

  async function take(message: Message, cause: Cause): Promise<boolean> {
    try {
      await setAside(deliveryOf(message), cause);
      return true;
    } catch (error) {
      onFailure(message.Body ?? '', error as Error);
      return false;
    }
  }

  async function drain(url: string, cause: Cause, mayGoOn: () => boolean): Promise<Drained> {
    const drained = { setAside: 0, left: 0, isEmpty: false };
    while (!drained.isEmpty && mayGoOn()) {
      const messages = await receive(url);
      drained.isEmpty = messages.length === 0;
      const taken = await Promise.all(messages.map((message) => take(message, cause)));
      const done = messages.filter((_, index) => taken[index]);
      drained.setAside += done.length;
      drained.left += messages.length - done.length;
      if (done.length === 0) continue;
      const Entries = done.map(({ ReceiptHandle }, index) => ({ Id: String(index), ReceiptHandle }));
      await client.send(new DeleteMessageBatchCommand({ QueueUrl: url, Entries }));
    }
    return drained;
  }

  return async (mayGoOn: () => boolean): Promise<Drained> => {
    const all = await Promise.all(
      queues.map(({ url, cause }) =>
        drain(url, cause, mayGoOn).catch((error: Error): Drained => {
          onFailure('', error);
          return { setAside: 0, left: 1, isEmpty: false };
        }),
      ),
    );
    return {
      setAside: all.reduce((sum, { setAside }) => sum + setAside, 0),
      left: all.reduce((sum, { left }) => sum + left, 0),
      isEmpty: all.every(({ left, isEmpty }) => isEmpty && left === 0),
    };
  };
}

const deliveryOf = ({ Body, MessageId, Attributes = {} }: Message): Delivery => ({
  body: Body ?? '',
  receives: Number(Attributes.ApproximateReceiveCount),
  queueMessageId: MessageId ?? '',
  senderId: Attributes.SenderId,
});
