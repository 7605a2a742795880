import {
  CreateTopicCommand,
  DeleteTopicCommand,
  PublishBatchCommand,
  PublishCommand,
  SNSClient,
  SubscribeCommand,
} from '@aws-sdk/client-sns';
import { DeleteMessageCommand, SetQueueAttributesCommand } from '@aws-sdk/client-sqs';
import { describe, expect, it, onTestFinished } from 'vitest';
import { clientConfig, queue, receiveFrom, sqs, uniqueName } from './aws.ts';

const sns = new SNSClient(clientConfig);

/** Creates a topic for one test. */
async function topic(name: string, Attributes: Record<string, string> = {}): Promise<string> {
  const ofFifo = name.endsWith('.fifo') && { FifoTopic: 'true' };
  const { TopicArn = '' } = await sns.send(
    new CreateTopicCommand({ Name: uniqueName(name), Attributes: { ...ofFifo, ...Attributes } }),
  );
  onTestFinished(async () => void (await sns.send(new DeleteTopicCommand({ TopicArn }))));
  return TopicArn;
}

/** Creates a queue, and subscribes it to a topic. */
async function subscriber(TopicArn: string, name: string, Attributes: Record<string, string> = {}) {
  const one = await queue(name);
  const Statement = {
    ...{ Effect: 'Allow', Principal: { Service: 'sns.amazonaws.com' }, Action: 'sqs:SendMessage', Resource: one.arn },
    Condition: { ArnEquals: { 'aws:SourceArn': TopicArn } },
  };
  const Policy = JSON.stringify({ Version: '2012-10-17', Statement });
  await sqs.send(new SetQueueAttributesCommand({ QueueUrl: one.url, Attributes: { Policy } }));
  await sns.send(new SubscribeCommand({ TopicArn, Protocol: 'sqs', Endpoint: one.arn, Attributes }));
  return one;
}

const RAW = { RawMessageDelivery: 'true' };
const kind = (StringValue: string) => ({ kind: { DataType: 'String', StringValue } });

// https://docs.aws.amazon.com/sns/latest/dg/sns-sqs-as-subscriber.html
describe('a topic', () => {
  it('delivers a message in an envelope of SNS or, with raw delivery, unchanged and with its attributes', async () => {
    const TopicArn = await topic('news');
    const [wrapped, raw] = [await subscriber(TopicArn, 'wrapped'), await subscriber(TopicArn, 'raw', RAW)];
    const published = { TopicArn, Message: 'x', MessageAttributes: kind('a') };
    const { MessageId } = await sns.send(new PublishCommand(published));
    expect(JSON.parse((await receiveFrom(wrapped))?.Body ?? '')).toMatchObject({
      ...{ Type: 'Notification', Message: 'x', MessageId, TopicArn },
      MessageAttributes: { kind: { Type: 'String', Value: 'a' } },
    });
    expect(await receiveFrom(raw)).toMatchObject({ Body: 'x', MessageAttributes: kind('a') });
  });

  // https://docs.aws.amazon.com/sns/latest/dg/sns-subscription-filter-policies.html
  it("delivers the messages that match a subscription's filter", async () => {
    const TopicArn = await topic('filtered');
    const FilterPolicy = JSON.stringify({ kind: ['wanted'] });
    const one = await subscriber(TopicArn, 'wanted', { ...RAW, FilterPolicy });
    for (const value of ['other', 'wanted'])
      await sns.send(new PublishCommand({ TopicArn, Message: value, MessageAttributes: kind(value) }));
    expect(await receiveFrom(one)).toMatchObject({ Body: 'wanted' });
    expect(await receiveFrom(one, { WaitTimeSeconds: 0 })).toBeUndefined();
  });
});

// https://docs.aws.amazon.com/sns/latest/dg/sns-fifo-topics.html
describe('a FIFO topic', () => {
  it('delivers the messages of a group in order, and a repeated message once', async () => {
    const TopicArn = await topic('ordered.fifo');
    const one = await subscriber(TopicArn, 'ordered.fifo', RAW);
    const publish = (Message: string, MessageDeduplicationId = Message) =>
      sns.send(new PublishCommand({ TopicArn, Message, MessageGroupId: 'g', MessageDeduplicationId }));
    await publish('1');
    await publish('1 again', '1');
    await publish('2');
    const first = await receiveFrom(one);
    expect(first).toMatchObject({ Body: '1', Attributes: { MessageGroupId: 'g', MessageDeduplicationId: '1' } });
    await sqs.send(new DeleteMessageCommand({ QueueUrl: one.url, ReceiptHandle: first?.ReceiptHandle }));
    expect(await receiveFrom(one)).toMatchObject({ Body: '2' });
  });

  // https://docs.aws.amazon.com/sns/latest/api/API_PublishBatch.html
  it('returns for each entry of a batch whether it was published', async () => {
    const TopicArn = await topic('batch.fifo');
    const PublishBatchRequestEntries = [
      { Id: 'good', Message: 'x', MessageGroupId: 'g', MessageDeduplicationId: '1' },
      { Id: 'no-group', Message: 'y', MessageDeduplicationId: '2' },
    ];
    const answer = await sns.send(new PublishBatchCommand({ TopicArn, PublishBatchRequestEntries }));
    expect(answer.Successful).toMatchObject([{ Id: 'good', MessageId: expect.any(String) }]);
    expect(answer.Failed).toMatchObject([{ Id: 'no-group', SenderFault: true }]);
  });

  it('refuses a batch of more than ten entries, and a batch with a repeated id', async () => {
    const TopicArn = await topic('refused.fifo');
    const entry = (Id: string) => ({ Id, Message: 'x' });
    const refusal = (ids: string[]) =>
      sns
        .send(new PublishBatchCommand({ TopicArn, PublishBatchRequestEntries: ids.map(entry) }))
        .catch(({ name }) => name);
    expect(await refusal(Array.from({ length: 11 }, (_, id) => String(id)))).toMatch(/^TooManyEntriesInBatchRequest/);
    expect(await refusal(['a', 'a'])).toMatch(/^BatchEntryIdsNotDistinct/);
  });
});

// https://docs.aws.amazon.com/sns/latest/api/API_Publish.html
it('an unknown topic is not found', async () => {
  const TopicArn = `${await topic('there')}-not`;
  const refused = await sns.send(new PublishCommand({ TopicArn, Message: 'x' })).catch((error) => error);
  expect([refused.$metadata.httpStatusCode, refused.name]).toEqual([404, 'NotFoundException']);
});
