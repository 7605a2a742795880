import { randomUUID } from 'node:crypto';
import {
  CancelMessageMoveTaskCommand,
  ChangeMessageVisibilityCommand,
  CreateQueueCommand,
  DeleteQueueCommand,
  GetQueueAttributesCommand,
  ListDeadLetterSourceQueuesCommand,
  ListMessageMoveTasksCommand,
  SendMessageBatchCommand,
  SendMessageCommand,
  StartMessageMoveTaskCommand,
} from '@aws-sdk/client-sqs';
import { describe, expect, it, vi } from 'vitest';
import { queue, receiveFrom, sqs, type TestQueue, uniqueName } from './aws.ts';

/** Creates a queue with a dead-letter queue, to which SQS moves a message instead of delivering it a second time. */
async function withDeadLetters(suffix = '') {
  const deadLetters = await queue(`dead${suffix}`);
  const RedrivePolicy = JSON.stringify({ deadLetterTargetArn: deadLetters.arn, maxReceiveCount: 1 });
  return { deadLetters, source: await queue(`source${suffix}`, { RedrivePolicy }) };
}

async function send({ url }: TestQueue, MessageBody: string, more: object = {}) {
  return (await sqs.send(new SendMessageCommand({ QueueUrl: url, MessageBody, ...more }))).MessageId;
}

/** Receives a message, makes it visible again, and receives again, which moves the message to the dead-letter queue. */
async function fail(from: TestQueue): Promise<void> {
  const { ReceiptHandle } = (await receiveFrom(from)) ?? {};
  await sqs.send(new ChangeMessageVisibilityCommand({ QueueUrl: from.url, ReceiptHandle, VisibilityTimeout: 0 }));
  await receiveFrom(from, { WaitTimeSeconds: 1 });
}

const lastTask = async (SourceArn: string) =>
  (await sqs.send(new ListMessageMoveTasksCommand({ SourceArn }))).Results?.[0];

const PATIENCE = { timeout: 60_000, interval: 20 };

const ended = (SourceArn: string) =>
  vi.waitUntil(async () => {
    const task = await lastTask(SourceArn);
    return task?.Status !== 'RUNNING' && task?.Status !== 'CANCELLING' && task;
  }, PATIENCE);

const move = (SourceArn: string, more: object = {}) =>
  sqs.send(new StartMessageMoveTaskCommand({ SourceArn, ...more }));

// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-dead-letter-queues.html
describe('a dead-letter queue', () => {
  it('gets a message that was received too often, with its source queue', async () => {
    const { source, deadLetters } = await withDeadLetters();
    const sent = await send(source, 'x');
    await fail(source);
    const dead = await receiveFrom(deadLetters);
    expect(dead).toMatchObject({ MessageId: sent, Body: 'x', Attributes: { DeadLetterQueueSourceArn: source.arn } });
  });

  it('reports no source queue for a message that was sent to it directly', async () => {
    const { deadLetters } = await withDeadLetters();
    await send(deadLetters, 'x');
    expect((await receiveFrom(deadLetters))?.Attributes).not.toHaveProperty('DeadLetterQueueSourceArn');
  });

  // https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ListDeadLetterSourceQueues.html
  it('lists its source queues, in pages', async () => {
    const deadLetters = await queue('dead');
    const RedrivePolicy = JSON.stringify({ deadLetterTargetArn: deadLetters.arn, maxReceiveCount: 3 });
    const sources = [await queue('one', { RedrivePolicy }), await queue('two', { RedrivePolicy })];
    const listed = async (more: object = {}) =>
      sqs.send(new ListDeadLetterSourceQueuesCommand({ QueueUrl: deadLetters.url, ...more }));
    const all = await vi.waitUntil(async () => {
      const { queueUrls = [] } = await listed();
      return queueUrls.length === 2 && queueUrls;
    }, PATIENCE);
    expect(all.toSorted()).toEqual(sources.map(({ url }) => url).toSorted());
    const { queueUrls: first = [], NextToken } = await listed({ MaxResults: 1 });
    const { queueUrls: second = [] } = await listed({ MaxResults: 1, NextToken });
    expect([...first, ...second].toSorted()).toEqual(all.toSorted());
  });
});

/** Returns the status and the error name of a refused call, or `nothing` if the call succeeds. */
const errorOf = (command: StartMessageMoveTaskCommand | CancelMessageMoveTaskCommand) =>
  sqs.send(command as StartMessageMoveTaskCommand).then(
    () => 'nothing',
    ({ $metadata, name }) => [$metadata.httpStatusCode, name],
  );

// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_StartMessageMoveTask.html.
// LocalStack recorded AWS's refusals, and the reasons why tasks failed:
// https://github.com/localstack/localstack/blob/11c332ee0569471d7054e29687ee851a5d96ca91/tests/aws/services/sqs/test_sqs_move_task.snapshot.json
describe('a task that moves dead letters', () => {
  it('moves them back to their source queue, as new messages', async () => {
    const { source, deadLetters } = await withDeadLetters();
    const MessageAttributes = { a: { DataType: 'String', StringValue: 'b' } };
    const sent = await send(source, 'x', { MessageAttributes });
    await fail(source);
    const { TaskHandle } = await move(deadLetters.arn);
    expect(TaskHandle).toEqual(expect.any(String));
    expect(await ended(deadLetters.arn)).toMatchObject({
      Status: 'COMPLETED',
      SourceArn: deadLetters.arn,
      ApproximateNumberOfMessagesMoved: 1,
      ApproximateNumberOfMessagesToMove: 1,
      StartedTimestamp: expect.any(Number),
    });
    const back = await receiveFrom(source);
    expect(back).toMatchObject({ Body: 'x', MessageAttributes, Attributes: { ApproximateReceiveCount: '1' } });
    expect(back?.MessageId).not.toBe(sent);
    expect(await receiveFrom(deadLetters, { WaitTimeSeconds: 0 })).toBeUndefined();
  });

  it('moves them to another queue, if requested', async () => {
    const { source, deadLetters } = await withDeadLetters();
    const other = await queue('other');
    await send(deadLetters, 'x');
    await move(deadLetters.arn, { DestinationArn: other.arn });
    expect(await ended(deadLetters.arn)).toMatchObject({ Status: 'COMPLETED', DestinationArn: other.arn });
    expect(await receiveFrom(other)).toMatchObject({ Body: 'x' });
    expect(await receiveFrom(source, { WaitTimeSeconds: 0 })).toBeUndefined();
  });

  it('moves FIFO messages in their groups, without deduplication by their source queue', async () => {
    const { source, deadLetters } = await withDeadLetters('.fifo');
    await send(source, 'x', { MessageGroupId: 'g', MessageDeduplicationId: 'same' });
    await fail(source);
    await move(deadLetters.arn);
    expect(await ended(deadLetters.arn)).toMatchObject({ Status: 'COMPLETED' });
    expect(await receiveFrom(source)).toMatchObject({ Body: 'x', Attributes: { MessageGroupId: 'g' } });
  });

  it('fails at a message without a known source queue', async () => {
    const { deadLetters } = await withDeadLetters();
    await send(deadLetters, 'x');
    await move(deadLetters.arn);
    expect(await ended(deadLetters.arn)).toMatchObject({
      Status: 'FAILED',
      FailureReason: expect.any(String),
      ApproximateNumberOfMessagesMoved: 0,
    });
    expect(await receiveFrom(deadLetters)).toMatchObject({ Body: 'x' });
  });

  // https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_CancelMessageMoveTask.html
  it('moves messages at the requested rate, is the only task of its queue, and moves no more messages after it is cancelled', async () => {
    const { deadLetters } = await withDeadLetters();
    const other = await queue('other');
    const Entries = Array.from({ length: 10 }, (_, id) => ({ Id: String(id), MessageBody: String(id) }));
    await sqs.send(new SendMessageBatchCommand({ QueueUrl: deadLetters.url, Entries }));
    const slowly = { DestinationArn: other.arn, MaxNumberOfMessagesPerSecond: 1 };
    const { TaskHandle = '' } = await move(deadLetters.arn, slowly);
    expect(await lastTask(deadLetters.arn)).toMatchObject({ TaskHandle, MaxNumberOfMessagesPerSecond: 1 });
    await expect(move(deadLetters.arn, slowly)).rejects.toMatchObject({
      name: 'InvalidParameterValue',
      message: expect.stringContaining('There is already a task running.'),
    });
    const { ApproximateNumberOfMessagesMoved } = await sqs.send(new CancelMessageMoveTaskCommand({ TaskHandle }));
    expect(ApproximateNumberOfMessagesMoved).toBeLessThan(10);
    expect(await ended(deadLetters.arn)).toMatchObject({ Status: 'CANCELLED' });
    expect(await lastTask(deadLetters.arn)).not.toHaveProperty('TaskHandle');
    // Only a running task can be cancelled. Of the errors that the API page lists, only this one fits.
    expect(await errorOf(new CancelMessageMoveTaskCommand({ TaskHandle }))).toEqual([400, 'UnsupportedOperation']);
    expect(await receiveFrom(deadLetters)).toBeDefined();
  });

  it('is listed before the older tasks of its queue', async () => {
    const { deadLetters } = await withDeadLetters();
    const [one, two] = [await queue('one'), await queue('two')];
    for (const { arn } of [one, two]) {
      await move(deadLetters.arn, { DestinationArn: arn });
      await ended(deadLetters.arn);
    }
    const tasks = new ListMessageMoveTasksCommand({ SourceArn: deadLetters.arn, MaxResults: 10 });
    expect((await sqs.send(tasks)).Results).toMatchObject([{ DestinationArn: two.arn }, { DestinationArn: one.arn }]);
    expect(await lastTask(deadLetters.arn)).toMatchObject({ DestinationArn: two.arn });
  });

  it('is refused for an unknown queue, for a queue that is not a dead-letter queue, and for a rate outside 1 to 500', async () => {
    const { source, deadLetters } = await withDeadLetters();
    const refused = (SourceArn: string, more: object = {}) =>
      errorOf(new StartMessageMoveTaskCommand({ SourceArn, ...more }));
    const missing = [404, 'ResourceNotFoundException'];
    expect(await refused(`${source.arn}-none`)).toEqual(missing);
    expect(await refused(deadLetters.arn, { DestinationArn: `${source.arn}-none` })).toEqual(missing);
    expect(await refused(source.arn)).toEqual([400, 'InvalidParameterValue']);
    expect(await refused(deadLetters.arn, { MaxNumberOfMessagesPerSecond: 501 })).toEqual([
      400,
      'InvalidParameterValue',
    ]);
    expect(await lastTask(deadLetters.arn)).toBeUndefined();
  });

  it('is not cancelled by an invalid or unknown handle', async () => {
    const { deadLetters } = await withDeadLetters();
    const cancelled = (handle: string) =>
      errorOf(new CancelMessageMoveTaskCommand({ TaskHandle: Buffer.from(handle).toString('base64') }));
    expect(await cancelled('nonsense')).toEqual([400, 'InvalidParameterValue']);
    const handleOf = (sourceArn: string) => JSON.stringify({ taskId: randomUUID(), sourceArn });
    expect(await cancelled(handleOf(deadLetters.arn))).toEqual([404, 'ResourceNotFoundException']);
    expect(await cancelled(handleOf(`${deadLetters.arn}-none`))).toEqual([404, 'ResourceNotFoundException']);
  });

  it('fails when its destination is deleted, and leaves the other messages in the queue', async () => {
    const { deadLetters } = await withDeadLetters();
    const QueueName = uniqueName('gone');
    const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName }));
    const Entries = Array.from({ length: 5 }, (_, id) => ({ Id: String(id), MessageBody: String(id) }));
    await sqs.send(new SendMessageBatchCommand({ QueueUrl: deadLetters.url, Entries }));
    const DestinationArn = deadLetters.arn.replace(deadLetters.name, QueueName);
    await move(deadLetters.arn, { DestinationArn, MaxNumberOfMessagesPerSecond: 1 });
    await sqs.send(new DeleteQueueCommand({ QueueUrl }));
    expect(await ended(deadLetters.arn)).toMatchObject({
      Status: 'FAILED',
      FailureReason: 'AWS.SimpleQueueService.NonExistentQueue',
    });
    expect(await receiveFrom(deadLetters)).toBeDefined();
  });

  it('changes no setting of the queues', async () => {
    const { source, deadLetters } = await withDeadLetters();
    await send(source, 'x');
    await fail(source);
    await move(deadLetters.arn);
    expect(await ended(deadLetters.arn)).toMatchObject({ ApproximateNumberOfMessagesMoved: 1 });
    const request = new GetQueueAttributesCommand({ QueueUrl: source.url, AttributeNames: ['RedrivePolicy'] });
    expect((await sqs.send(request)).Attributes?.RedrivePolicy).toContain(deadLetters.arn);
  });
});
