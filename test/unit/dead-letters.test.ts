import { DeleteMessageBatchCommand, ReceiveMessageCommand, type SQSClient } from '@aws-sdk/client-sqs';
import type { Delivery } from '@rollcall/kit/internal/messaging/consumer';
import { createDeadLetters, type DeadLetterCause } from '@rollcall/kit/internal/messaging/dead-letters';
import { describe, expect, it } from 'vitest';

/** Queues of message bodies. A received message stays hidden until it is deleted. */
function queuesOf(queues: Record<string, string[]>) {
  const hidden: string[] = [];
  const client = {
    async send(command: object) {
      if (command instanceof ReceiveMessageCommand) {
        const { QueueUrl = '', MaxNumberOfMessages = 1 } = command.input;
        const queue = queues[QueueUrl];
        if (!queue) throw new Error('denied');
        const taken = queue.splice(0, MaxNumberOfMessages);
        hidden.push(...taken);
        const Attributes = { ApproximateReceiveCount: '11', SenderId: 'sender' };
        return {
          Messages: taken.map((Body) => ({ Body, MessageId: `id of ${Body}`, ReceiptHandle: Body, Attributes })),
        };
      }
      if (!(command instanceof DeleteMessageBatchCommand)) throw new Error('unexpected command');
      for (const { ReceiptHandle = '' } of command.input.Entries ?? []) hidden.splice(hidden.indexOf(ReceiptHandle), 1);
      return {};
    },
  };
  return { client: client as unknown as SQSClient, hidden };
}

const bodies = (kind: string, count: number) => Array.from({ length: count }, (_, index) => `${kind} ${index}`);

function deadLettersOf(queues: Record<string, string[]>, fails: (body: string) => boolean = () => false) {
  const { client, hidden } = queuesOf(queues);
  const parked: Array<[Delivery, DeadLetterCause]> = [];
  const failures: string[] = [];
  const drain = createDeadLetters({
    client,
    queues: [
      { url: 'dlq', cause: 'died' },
      { url: 'undelivered', cause: 'undelivered' },
    ],
    async park(delivery, cause) {
      if (fails(delivery.body)) throw new Error('no');
      parked.push([delivery, cause]);
    },
    onFailure: (body) => failures.push(body),
  });
  return { drain, hidden, parked, failures };
}

describe('dead letters', () => {
  it('are parked with their cause, receive count and sender, and are deleted, until their queues are empty', async () => {
    const { drain, hidden, parked } = deadLettersOf({ dlq: bodies('dead', 23), undelivered: bodies('lost', 2) });
    expect(await drain(() => true)).toEqual({ parked: 25, remaining: 0, isEmpty: true });
    expect(hidden).toEqual([]);
    expect(new Set(parked.map(([{ body }, cause]) => `${body.split(' ')[0]} ${cause}`))).toEqual(
      new Set(['dead died', 'lost undelivered']),
    );
    const [[delivery] = []] = parked.filter(([{ body }]) => body === 'dead 22');
    expect(delivery).toEqual({ body: 'dead 22', receives: 11, queueMessageId: 'id of dead 22', senderId: 'sender' });
  });

  it('stay in their queue, and are reported, if they cannot be parked', async () => {
    const { drain, hidden, failures } = deadLettersOf({ dlq: bodies('dead', 12), undelivered: [] }, (body) =>
      body.endsWith('1'),
    );
    expect(await drain(() => true)).toEqual({ parked: 10, remaining: 2, isEmpty: false });
    expect([hidden, failures]).toEqual([
      ['dead 1', 'dead 11'],
      ['dead 1', 'dead 11'],
    ]);
  });

  it('of one queue are parked even if another queue cannot be read', async () => {
    const { drain, parked, failures } = deadLettersOf({ undelivered: bodies('lost', 2) });
    expect(await drain(() => true)).toEqual({ parked: 2, remaining: 1, isEmpty: false });
    expect([parked.length, failures]).toEqual([2, ['']]);
  });

  it('stay in their queue until the next sweep if the current sweep runs out of time', async () => {
    let rounds = 0;
    const { drain, parked } = deadLettersOf({ dlq: bodies('dead', 30), undelivered: [] });
    expect(await drain(() => rounds++ < 2)).toMatchObject({ parked: 10, isEmpty: false });
    expect(parked).toHaveLength(10);
  });
});
