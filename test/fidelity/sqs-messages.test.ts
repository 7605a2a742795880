import { SendMessageBatchCommand, SendMessageCommand } from '@aws-sdk/client-sqs';
import { describe, expect, it } from 'vitest';
import { queue, rawCall, receiveFrom, sqs } from './aws.ts';

const TRACE = 'Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1';
const traced = (StringValue = TRACE) => ({ AWSTraceHeader: { DataType: 'String', StringValue } });

// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-message-metadata.html
describe('the system attribute AWSTraceHeader', () => {
  it('is received as it was sent, if it is asked for', async () => {
    const one = await queue('traced');
    const sent = await sqs.send(
      new SendMessageCommand({ QueueUrl: one.url, MessageBody: 'x', MessageSystemAttributes: traced() }),
    );
    expect(sent.MD5OfMessageSystemAttributes).toBe('5ae4d5d7636402d80f4eb6d213245a88');
    const unasked = { VisibilityTimeout: 0, MessageSystemAttributeNames: ['SentTimestamp' as const] };
    expect((await receiveFrom(one, unasked))?.Attributes).toEqual({ SentTimestamp: expect.any(String) });
    const asked = { MessageSystemAttributeNames: ['AWSTraceHeader' as const] };
    const received = await receiveFrom(one, asked);
    expect(received?.Attributes).toEqual({ AWSTraceHeader: TRACE });
    expect(received).not.toHaveProperty('MessageAttributes');
  });

  it('is of one message of a batch, also of two with the same body', async () => {
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

  it('is the only one, and a string', async () => {
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
  it('is what the header X-Amzn-Trace-Id of the request says, if it says nothing itself', async () => {
    const one = await queue('traced-by-header');
    const headers = { 'x-amzn-trace-id': TRACE };
    const form = new URLSearchParams({ Action: 'SendMessage', Version: '2012-11-05', MessageBody: 'x' });
    await rawCall('sqs', form.toString(), { url: one.url, headers });
    expect((await receiveFrom(one))?.Attributes).toMatchObject({ AWSTraceHeader: TRACE });
  });
});
