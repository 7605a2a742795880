import {
  ChangeMessageVisibilityCommand,
  DeleteMessageCommand,
  SendMessageBatchCommand,
  SendMessageCommand,
} from '@aws-sdk/client-sqs';
import { describe, expect, it } from 'vitest';
import { queue, rawCall, receiveFrom, sqs } from './aws.ts';

const TRACE = 'Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1';
const traced = (StringValue = TRACE) => ({ AWSTraceHeader: { DataType: 'String', StringValue } });

// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-message-metadata.html
describe('the system attribute AWSTraceHeader', () => {
  it('is received as it was sent, if requested', async () => {
    const one = await queue('traced');
    const sent = await sqs.send(
      new SendMessageCommand({ QueueUrl: one.url, MessageBody: 'x', MessageSystemAttributes: traced() }),
    );
    expect(sent.MD5OfMessageSystemAttributes).toBe('5ae4d5d7636402d80f4eb6d213245a88');
    const withoutHeader = { VisibilityTimeout: 0, MessageSystemAttributeNames: ['SentTimestamp' as const] };
    expect((await receiveFrom(one, withoutHeader))?.Attributes).toEqual({ SentTimestamp: expect.any(String) });
    const withHeader = { MessageSystemAttributeNames: ['AWSTraceHeader' as const] };
    const received = await receiveFrom(one, withHeader);
    expect(received?.Attributes).toEqual({ AWSTraceHeader: TRACE });
    expect(received).not.toHaveProperty('MessageAttributes');
  });

  it('is received only with its own message of a batch, even if another message has the same body', async () => {
    const one = await queue('traced-batch.fifo');
    const entry = (Id: string, more: object) => ({
      ...{ Id, MessageBody: 'same', MessageGroupId: Id, MessageDeduplicationId: Id },
      ...more,
    });
    const Entries = [entry('without', {}), entry('with', { MessageSystemAttributes: traced() })];
    const { Successful = [] } = await sqs.send(new SendMessageBatchCommand({ QueueUrl: one.url, Entries }));
    expect(Successful.map(({ Id, MD5OfMessageSystemAttributes }) => [Id, MD5OfMessageSystemAttributes])).toEqual([
      ['without', undefined],
      ['with', '5ae4d5d7636402d80f4eb6d213245a88'],
    ]);
    const received = [await receiveFrom(one), await receiveFrom(one)];
    const headers = received.map((message) => [
      message?.Attributes?.MessageGroupId,
      message?.Attributes?.AWSTraceHeader,
    ]);
    expect(Object.fromEntries(headers)).toEqual({ without: undefined, with: TRACE });
  });

  it('is the only supported system attribute, and must be a string', async () => {
    const one = await queue('refused');
    const refused = async (MessageSystemAttributes: object) =>
      sqs
        .send(
          new SendMessageCommand({
            QueueUrl: one.url,
            MessageBody: 'x',
            MessageSystemAttributes: MessageSystemAttributes as ReturnType<typeof traced>,
          }),
        )
        .catch(({ name }) => name);
    expect(await refused({ Other: { DataType: 'String', StringValue: 'x' } })).toBe('InvalidParameterValue');
    expect(await refused({ AWSTraceHeader: { DataType: 'Number', StringValue: '1' } })).toBe('InvalidParameterValue');
    expect(await receiveFrom(one, { WaitTimeSeconds: 0 })).toBeUndefined();
  });

  // https://docs.aws.amazon.com/xray/latest/devguide/xray-services-sqs.html
  it('defaults to the header X-Amzn-Trace-Id of the request', async () => {
    const one = await queue('traced-by-header');
    const headers = { 'x-amzn-trace-id': TRACE };
    const form = new URLSearchParams({ Action: 'SendMessage', Version: '2012-11-05', MessageBody: 'x' });
    await rawCall('sqs', form.toString(), { url: one.url, headers });
    expect((await receiveFrom(one))?.Attributes).toMatchObject({ AWSTraceHeader: TRACE });
  });
});

// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-visibility-timeout.html
describe('a message', () => {
  it('is received again only after its visibility timeout, with a higher receive count', async () => {
    const one = await queue('visible');
    await sqs.send(new SendMessageCommand({ QueueUrl: one.url, MessageBody: 'x' }));
    const first = await receiveFrom(one);
    expect(first?.Attributes?.ApproximateReceiveCount).toBe('1');
    expect(await receiveFrom(one, { WaitTimeSeconds: 0 })).toBeUndefined();
    const { ReceiptHandle } = first ?? {};
    await sqs.send(new ChangeMessageVisibilityCommand({ QueueUrl: one.url, ReceiptHandle, VisibilityTimeout: 0 }));
    const second = await receiveFrom(one);
    expect([second?.MessageId, second?.Attributes?.ApproximateReceiveCount]).toEqual([first?.MessageId, '2']);
  });

  it('with a delay reaches a waiting receiver when it is due', async () => {
    const one = await queue('delayed');
    for (const [MessageBody, DelaySeconds] of [
      ['later', 900],
      ['soon', 1],
    ] as const)
      await sqs.send(new SendMessageCommand({ QueueUrl: one.url, MessageBody, DelaySeconds }));
    expect(await receiveFrom(one)).toMatchObject({ Body: 'soon' });
  });
});

// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/FIFO-queues-exactly-once-processing.html
describe('a FIFO queue', () => {
  const send = (QueueUrl: string, MessageBody: string, MessageGroupId: string, MessageDeduplicationId = MessageBody) =>
    sqs.send(new SendMessageCommand({ QueueUrl, MessageBody, MessageGroupId, MessageDeduplicationId }));

  it('deduplicates a message repeated within five minutes', async () => {
    const one = await queue('once.fifo');
    const first = await send(one.url, '1', 'g');
    const again = await send(one.url, 'again', 'g', '1');
    expect([again.MessageId, again.SequenceNumber]).toEqual([first.MessageId, first.SequenceNumber]);
    const received = await receiveFrom(one);
    expect(received?.Body).toBe('1');
    await sqs.send(new DeleteMessageCommand({ QueueUrl: one.url, ReceiptHandle: received?.ReceiptHandle }));
    expect(await receiveFrom(one, { WaitTimeSeconds: 1 })).toBeUndefined();
  });

  it('blocks only the group whose message is in flight', async () => {
    const one = await queue('groups.fifo');
    for (const [body, group] of [
      ['a1', 'a'],
      ['a2', 'a'],
      ['b1', 'b'],
    ] as const)
      await send(one.url, body, group);
    const first = await receiveFrom(one, { MaxNumberOfMessages: 1 });
    const other = await receiveFrom(one, { MaxNumberOfMessages: 1 });
    expect([first?.Body, other?.Body]).toEqual(['a1', 'b1']);
    expect(await receiveFrom(one, { WaitTimeSeconds: 0 })).toBeUndefined();
    await sqs.send(new DeleteMessageCommand({ QueueUrl: one.url, ReceiptHandle: first?.ReceiptHandle }));
    expect((await receiveFrom(one))?.Body).toBe('a2');
  });

  it('refuses a message without a group, or without a deduplication ID', async () => {
    const one = await queue('strict.fifo');
    const refusal = (more: object) =>
      sqs.send(new SendMessageCommand({ QueueUrl: one.url, MessageBody: 'x', ...more })).catch(({ name }) => name);
    expect(await refusal({ MessageDeduplicationId: '1' })).toBe('MissingParameter');
    expect(await refusal({ MessageGroupId: 'g' })).toBe('InvalidParameterValue');
  });
});
