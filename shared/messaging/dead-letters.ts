import { DeleteMessageBatchCommand, type Message, ReceiveMessageCommand, type SQSClient } from '@aws-sdk/client-sqs';
import type { Delivery } from './consumer.ts';

export type Cause = 'died' | 'undelivered';

export interface DeadLettersOptions {
  client: SQSClient;
  /** Where what was given up lies, and why it was. */
  queues: ReadonlyArray<{ url: string; cause: Cause }>;
  /** @throws {Error} if it could not be set aside: it stays where it is */
  setAside: (delivery: Delivery, cause: Cause) => Promise<unknown>;
  /** Told of each message that stays. */
  onFailure: (body: string, error: Error) => void;
}

/**
 * Sets aside what queues have given up, until they are empty. The sweep does it: a function that polls queues which are
 * nearly always empty costs more than all that they ever hold.
 * @returns how many messages were set aside, and how many stay
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

  async function drain(url: string, cause: Cause, mayGoOn: () => boolean) {
    const total = { setAside: 0, left: 0 };
    while (mayGoOn()) {
      const messages = await receive(url);
      if (messages.length === 0) break;
      const taken = await Promise.all(messages.map((message) => take(message, cause)));
      const done = messages.filter((_, index) => taken[index]);
      total.setAside += done.length;
      total.left += messages.length - done.length;
      if (done.length === 0) continue;
      const Entries = done.map(({ ReceiptHandle }, index) => ({ Id: String(index), ReceiptHandle }));
      await client.send(new DeleteMessageBatchCommand({ QueueUrl: url, Entries }));
    }
    return total;
  }

  return async (mayGoOn: () => boolean): Promise<{ setAside: number; left: number }> => {
    const totals = await Promise.all(queues.map(({ url, cause }) => drain(url, cause, mayGoOn)));
    return {
      setAside: totals.reduce((sum, { setAside }) => sum + setAside, 0),
      left: totals.reduce((sum, { left }) => sum + left, 0),
    };
  };
}

const deliveryOf = ({ Body, MessageId, Attributes = {} }: Message): Delivery => ({
  body: Body ?? '',
  receives: Number(Attributes.ApproximateReceiveCount),
  queueMessageId: MessageId ?? '',
  senderId: Attributes.SenderId,
});
