import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CreateTopicCommand, PublishCommand, SNSClient, SubscribeCommand } from '@aws-sdk/client-sns';
import {
  CreateQueueCommand,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  SendMessageCommand,
  SQSClient,
  StartMessageMoveTaskCommand,
} from '@aws-sdk/client-sqs';
import { startMessaging } from '@rollcall/local/internal/emulators/fauxqs';
import { SENDER_HEADER, SNS_SENDER } from '@rollcall/local/internal/messages/senders';
import { describe, expect, it, onTestFinished } from 'vitest';

const region = 'us-east-1';
const configOf = (url: string) => ({
  endpoint: url,
  region,
  credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
});

/** A client that names the sender in a header of each request, as the endpoint of the embedded cloud does. */
function clientOf(url: string, sender?: string): SQSClient {
  const client = new SQSClient(configOf(url));
  client.middlewareStack.add(
    (next) => (call) => {
      if (sender) (call.request as { headers: Record<string, string> }).headers[SENDER_HEADER] = sender;
      return next(call);
    },
    { step: 'build' },
  );
  return client;
}

async function sendersIn(url: string, queue: string): Promise<Record<string, string | undefined>> {
  const { Messages = [] } = await clientOf(url).send(
    new ReceiveMessageCommand({
      QueueUrl: `${url}/000000000000/${queue}`,
      MaxNumberOfMessages: 10,
      VisibilityTimeout: 0,
      MessageSystemAttributeNames: ['SenderId'],
    }),
  );
  return Object.fromEntries(Messages.map(({ Body = '', Attributes }) => [Body, Attributes?.SenderId]));
}

describe('a message', () => {
  it('contains its sender, also after a restart', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'rollcall-senders-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const first = await startMessaging({ folder, region });
    const [sqs, sns] = [clientOf(first.url), new SNSClient(configOf(first.url))];
    const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: 'queue' }));
    const { TopicArn } = await sns.send(new CreateTopicCommand({ Name: 'topic' }));
    const Endpoint = 'arn:aws:sqs:us-east-1:000000000000:queue';
    const Attributes = { RawMessageDelivery: 'true' };
    await sns.send(new SubscribeCommand({ TopicArn, Protocol: 'sqs', Endpoint, Attributes }));

    await clientOf(first.url, 'AROA1:points').send(new SendMessageCommand({ QueueUrl, MessageBody: 'one' }));
    await clientOf(first.url, 'AROA2:sms').send(
      new SendMessageBatchCommand({ QueueUrl, Entries: [{ Id: '0', MessageBody: 'of a batch' }] }),
    );
    await sns.send(new PublishCommand({ TopicArn, Message: 'published' }));
    await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: 'of nobody' }));
    const senders = {
      one: 'AROA1:points',
      'of a batch': 'AROA2:sms',
      published: SNS_SENDER,
      'of nobody': '000000000000',
    };
    expect(await sendersIn(first.url, 'queue')).toEqual(senders);
    await first.stop();

    const second = await startMessaging({ folder, region });
    onTestFinished(() => second.stop());
    expect(await sendersIn(second.url, 'queue')).toEqual(senders);
  });

  it('contains its trace and its source queue in the dead-letter queue, also after a restart', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'rollcall-senders-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const first = await startMessaging({ folder, region });
    const sqs = clientOf(first.url, 'AROA1:points');
    await sqs.send(new CreateQueueCommand({ QueueName: 'dead' }));
    const RedrivePolicy = JSON.stringify({
      deadLetterTargetArn: `arn:aws:sqs:${region}:000000000000:dead`,
      maxReceiveCount: 1,
    });
    const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: 'queue', Attributes: { RedrivePolicy } }));
    const traced = { AWSTraceHeader: { DataType: 'String' as const, StringValue: 'Root=1' } };
    await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: 'x', MessageSystemAttributes: traced }));
    const receive = (url: string, name: string) =>
      clientOf(url).send(
        new ReceiveMessageCommand({
          QueueUrl: `${url}/000000000000/${name}`,
          VisibilityTimeout: 0,
          WaitTimeSeconds: 1,
          MessageSystemAttributeNames: ['SenderId', 'AWSTraceHeader', 'DeadLetterQueueSourceArn'],
        }),
      );
    const facts = { SenderId: 'AROA1:points', AWSTraceHeader: 'Root=1' };
    expect((await receive(first.url, 'queue')).Messages).toMatchObject([{ Attributes: facts }]);
    await first.stop();

    const second = await startMessaging({ folder, region });
    // The message was received once before the restart, so this receive moves it to the dead-letter queue.
    expect((await receive(second.url, 'queue')).Messages).toBeUndefined();
    await second.stop();

    const third = await startMessaging({ folder, region });
    onTestFinished(() => third.stop());
    const DeadLetterQueueSourceArn = `arn:aws:sqs:${region}:000000000000:queue`;
    const dead = await receive(third.url, 'dead');
    expect(dead.Messages?.map(({ Attributes }) => Attributes)).toEqual([{ ...facts, DeadLetterQueueSourceArn }]);
    // Moving the message back does not change its sender.
    const SourceArn = `arn:aws:sqs:${region}:000000000000:dead`;
    await clientOf(third.url, 'AROA2:operator').send(new StartMessageMoveTaskCommand({ SourceArn }));
    const moved = await receive(third.url, 'queue');
    expect(moved.Messages?.map(({ Attributes }) => Attributes)).toEqual([facts]);
  });
});
