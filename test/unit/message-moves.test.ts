import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import {
  ChangeMessageVisibilityCommand,
  CreateQueueCommand,
  DeleteQueueCommand,
  ListDeadLetterSourceQueuesCommand,
  ListMessageMoveTasksCommand,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  SendMessageCommand,
  SQSClient,
  StartMessageMoveTaskCommand,
} from '@aws-sdk/client-sqs';
import { startMessaging } from '@rollcall/local/internal/emulators/fauxqs';
import { type Message, persistMetadata } from '@rollcall/local/internal/emulators/message-metadata';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { startSmallCloud } from '../support/small-cloud.ts';

const arnOf = (queue: string) => `arn:aws:sqs:us-east-1:000000000000:${queue}`;
const PATIENCE = { timeout: 60_000, interval: 20 };

/** Creates the queue `source` and its dead-letter queue `dead`, to which a message moves after one receive. */
async function queuesAt(sqs: SQSClient) {
  const create = async (QueueName: string, Attributes: Record<string, string> = {}) =>
    (await sqs.send(new CreateQueueCommand({ QueueName, Attributes }))).QueueUrl ?? '';
  const dead = await create('dead');
  const RedrivePolicy = JSON.stringify({ deadLetterTargetArn: arnOf('dead'), maxReceiveCount: 1 });
  const source = await create('source', { RedrivePolicy });
  return {
    ...{ create, dead, source },
    move: (more: object, client = sqs) =>
      client.send(new StartMessageMoveTaskCommand({ SourceArn: arnOf('dead'), ...more })),
    task: async () =>
      (await sqs.send(new ListMessageMoveTasksCommand({ SourceArn: arnOf('dead') }))).Results?.[0] ?? {},
    async bodiesIn(QueueUrl: string): Promise<string[]> {
      const { Messages = [] } = await sqs.send(
        new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10, VisibilityTimeout: 0 }),
      );
      return Messages.map(({ Body = '' }) => Body).toSorted();
    },
  };
}

async function messaging(folder: string | undefined) {
  const { url, stop } = await startMessaging({ folder, region: 'us-east-1' });
  onTestFinished(stop);
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
  const sqs = new SQSClient({ endpoint: url, region: 'us-east-1', credentials });
  const queues = await queuesAt(sqs);
  const Entries = ['a', 'b', 'c'].map((Id) => ({ Id, MessageBody: Id }));
  await sqs.send(new SendMessageBatchCommand({ QueueUrl: queues.dead, Entries }));
  return { sqs, ...queues };
}

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'rollcall-moves-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return folder;
}

describe('a task that moves dead letters', () => {
  it.each(['in memory', 'in a folder'])(
    'fails when its destination is deleted, and loses no message: %s',
    async (where) => {
      const { sqs, create, move, task, bodiesIn, dead } = await messaging(
        where === 'in memory' ? undefined : temporaryFolder(),
      );
      const QueueUrl = await create('other');
      await move({ DestinationArn: arnOf('other'), MaxNumberOfMessagesPerSecond: 2 });
      await sqs.send(new DeleteQueueCommand({ QueueUrl }));
      const { FailureReason, ApproximateNumberOfMessagesMoved: moved = 0 } = await vi.waitUntil(async () => {
        const now = await task();
        return now.Status === 'FAILED' && now;
      }, PATIENCE);
      expect(FailureReason).toBe('AWS.SimpleQueueService.NonExistentQueue');
      expect(await bodiesIn(dead)).toHaveLength(3 - moved);
    },
  );

  it('moves messages to a destination that was created again meanwhile', async () => {
    const { sqs, create, move, task, bodiesIn } = await messaging(undefined);
    const QueueUrl = await create('other');
    await move({ DestinationArn: arnOf('other'), MaxNumberOfMessagesPerSecond: 2 });
    const { ApproximateNumberOfMessagesMoved: before = 0 } = await task();
    await sqs.send(new DeleteQueueCommand({ QueueUrl }));
    const again = await create('other');
    await vi.waitUntil(async () => (await task()).Status === 'COMPLETED', PATIENCE);
    expect(await bodiesIn(again)).toHaveLength(3 - before);
  });

  it('is refused from a queue to itself, and between a standard and a FIFO queue', async () => {
    const { create, move } = await messaging(undefined);
    await create('other.fifo', { FifoQueue: 'true' });
    await expect(move({ DestinationArn: arnOf('dead') })).rejects.toThrow('cannot be the same');
    await expect(move({ DestinationArn: arnOf('other.fifo') })).rejects.toThrow('must be of the same type');
  });

  it('fails if the role that started it may not send to the source queue of a message', async () => {
    await using cloud = await startSmallCloud();
    const { dead, source, move, task, bodiesIn } = await queuesAt(cloud.sqs);
    await cloud.sqs.send(new SendMessageCommand({ QueueUrl: source, MessageBody: 'x' }));
    const { Messages: [{ ReceiptHandle } = {}] = [] } = await cloud.sqs.send(
      new ReceiveMessageCommand({ QueueUrl: source }),
    );
    await cloud.sqs.send(new ChangeMessageVisibilityCommand({ QueueUrl: source, ReceiptHandle, VisibilityTimeout: 0 }));
    expect(await bodiesIn(source)).toEqual([]);
    const OF_DEAD = ['sqs:StartMessageMoveTask', 'sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes'];
    const clientThatMay = (name: string, allowed: Record<string, string[]>) => {
      const role = `arn:aws:iam::000000000000:role/${name}`;
      const Statement = Object.entries(allowed).map(([queue, Action]) => ({
        Effect: 'Allow' as const,
        Action,
        Resource: arnOf(queue),
      }));
      cloud.access.addRole(role, name, { Statement: [] });
      cloud.access.attach(name, { Statement });
      return new SQSClient({ ...cloud.config, credentials: cloud.access.credentialsOf(role, name) });
    };
    await move({}, clientThatMay('taker', { dead: OF_DEAD }));
    const { FailureReason } = await vi.waitUntil(async () => {
      const now = await task();
      return now.Status === 'FAILED' && now;
    }, PATIENCE);
    expect(FailureReason).toContain(`sqs:SendMessage on resource: ${arnOf('source')}`);
    expect(await bodiesIn(dead)).toEqual(['x']);
    await move({}, clientThatMay('mover', { dead: OF_DEAD, source: ['sqs:SendMessage'] }));
    await vi.waitUntil(async () => (await task()).Status === 'COMPLETED', PATIENCE);
    expect(await bodiesIn(source)).toEqual(['x']);
  });
});

describe('the source queues of a dead-letter queue', () => {
  it('are not listed in pages of size zero', async () => {
    const { sqs, dead } = await messaging(undefined);
    const listed = (MaxResults: number) =>
      sqs.send(new ListDeadLetterSourceQueuesCommand({ QueueUrl: dead, MaxResults }));
    await expect(listed(0)).rejects.toThrow('MaxResults must be between 1 and 1000');
    expect((await listed(1)).queueUrls).toHaveLength(1);
  });
});

describe('the stored metadata of a message', () => {
  it('is rolled back if the message cannot be written, but earlier messages stay', () => {
    const db = new DatabaseSync(':memory:');
    db.exec('CREATE TABLE sqs_messages (message_id TEXT PRIMARY KEY)');
    const insert = db.prepare('INSERT INTO sqs_messages (message_id) VALUES (?)');
    const insertMessage = (_: string, { messageId }: Message) => {
      insert.run(messageId);
      if (messageId === 'b') throw new Error('disk full');
    };
    const persistence = { db, insertMessage } as unknown as Parameters<typeof persistMetadata>[0];
    const keep = persistMetadata(persistence, {
      getQueue: () => undefined,
      getQueueByArn: () => undefined,
      allQueues: () => [],
    });
    const message = (messageId: string): Message => ({ messageId, body: '', messageAttributes: {} });
    keep('queue', message('a'));
    expect(() => keep('queue', message('b'))).toThrow('disk full');
    expect(db.isTransaction).toBe(false);
    expect(db.prepare('SELECT message_id FROM sqs_messages').all()).toMatchObject([{ message_id: 'a' }]);
  });
});
