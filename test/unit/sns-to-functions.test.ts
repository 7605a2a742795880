import { PublishCommand, SNSClient, SubscribeCommand } from '@aws-sdk/client-sns';
import type { Cloud } from '@rollcall/local/internal/cloud';
import type { Runtime } from '@rollcall/local/internal/resources/runtime';
import { subscriptions } from '@rollcall/local/internal/resources/subscriptions';
import { describe, expect, it, onTestFinished } from 'vitest';
import { functionArn, listener, loggedEvents, mayInvoke } from '../support/listening.ts';
import { startSmallCloud } from '../support/small-cloud.ts';

const TopicArn = 'arn:aws:sns:us-east-1:000000000000:news';

const topic = { Type: 'AWS::SNS::Topic', Properties: { TopicName: 'news' } };
const subscription = (more: object = {}) => ({
  Type: 'AWS::SNS::Subscription',
  Properties: { TopicArn: { Ref: 'Topic' }, Protocol: 'lambda', Endpoint: functionArn, ...more },
});

const app = (more: object = {}) => ({
  code: listener.code,
  resources: {
    ...listener.resources,
    Topic: topic,
    MayInvoke: mayInvoke('sns.amazonaws.com', { Ref: 'Topic' }),
    Subscription: subscription(more),
  },
});

function snsOf(cloud: Cloud): SNSClient {
  const sns = new SNSClient(cloud.config);
  onTestFinished(() => sns.destroy());
  return sns;
}

const kind = (StringValue: string) => ({ kind: { DataType: 'String', StringValue } });

describe('a function that is subscribed to a topic', () => {
  it('is invoked with each message, in the event format of SNS', async () => {
    await using cloud = await startSmallCloud(app());
    const published = { TopicArn, Message: 'x', Subject: 'of x', MessageAttributes: kind('a') };
    const { MessageId } = await snsOf(cloud).send(new PublishCommand(published));
    await cloud.settled();
    const [event] = loggedEvents(cloud);
    expect(event.Records).toHaveLength(1);
    const [record] = event.Records;
    expect(record).toMatchObject({ EventSource: 'aws:sns', EventVersion: '1.0' });
    expect(record.EventSubscriptionArn).toMatch(`${TopicArn}:`);
    expect(record.Sns).toMatchObject({
      ...{ Type: 'Notification', MessageId, TopicArn, Subject: 'of x', Message: 'x', SignatureVersion: '1' },
      MessageAttributes: { kind: { Type: 'String', Value: 'a' } },
    });
    expect(Object.keys(record.Sns).toSorted()).toEqual(
      'Message MessageAttributes MessageId Signature SignatureVersion SigningCertUrl Subject Timestamp TopicArn Type UnsubscribeUrl'.split(
        ' ',
      ),
    );
  });

  it('gets a missing subject as null, and missing attributes as {}', async () => {
    await using cloud = await startSmallCloud(app());
    await snsOf(cloud).send(new PublishCommand({ TopicArn, Message: 'x' }));
    await cloud.settled();
    expect(loggedEvents(cloud)[0].Records[0].Sns).toMatchObject({ Subject: null, MessageAttributes: {} });
  });

  it('gets only messages that match the filter of its subscription', async () => {
    await using cloud = await startSmallCloud(app({ FilterPolicy: { kind: ['wanted'] } }));
    const sns = snsOf(cloud);
    for (const of of ['other', 'wanted'])
      await sns.send(new PublishCommand({ TopicArn, Message: of, MessageAttributes: kind(of) }));
    await cloud.settled();
    expect(loggedEvents(cloud).map(({ Records }) => Records[0].Sns.Message)).toEqual(['wanted']);
  });

  it('is retried, at most twice, if it fails', async () => {
    await using cloud = await startSmallCloud(app());
    const sns = snsOf(cloud);
    for (const Message of ['fails-2', 'fails-9']) await sns.send(new PublishCommand({ TopicArn, Message }));
    await cloud.settled();
    const received = loggedEvents(cloud).map(({ Records }) => Records[0].Sns.Message);
    expect(received.toSorted()).toEqual([...Array(3).fill('fails-2'), ...Array(3).fill('fails-9')]);
  });

  it('must allow invocations by the topic', async () => {
    const { MayInvoke: _, ...resources } = app().resources;
    await expect(startSmallCloud({ ...app(), resources })).rejects.toThrow(
      'subscription Subscription: sns.amazonaws.com is not allowed to do lambda:InvokeFunction on arn:aws:lambda:us-east-1:000000000000:function:listener',
    );
  });
});

describe('an unsupported subscription', () => {
  /** Runs the checks for a subscription of a topic. Resources of the types `users` use the topic. */
  async function checked(Protocol: string, users: string[], isAllowedToAnyRole = false) {
    const checks: Array<() => void> = [];
    const created = users.map((type) => ({ type, properties: { uses: TopicArn } }));
    const runtime = { checks, created, access: { isAllowedToAnyRole: () => isAllowedToAnyRole } } as unknown as Runtime;
    const properties = { TopicArn, Protocol, Endpoint: 'x' };
    await subscriptions(runtime)({ stack: 's', logicalId: 'S', type: '', properties });
    for (const check of checks) check();
  }

  it.each(['email', 'email-json', 'http', 'https', 'sms', 'firehose', 'application'])(
    'is refused when the cloud starts, because of its protocol: %s',
    async (Protocol) => {
      await expect(checked(Protocol, ['AWS::SNS::Subscription'])).rejects.toThrow(
        `functions (protocols sqs and lambda), not by ${Protocol}: ${TopicArn}`,
      );
    },
  );

  const OF_ALARMS = ['AWS::SNS::Subscription', 'AWS::SNS::TopicPolicy', 'AWS::CloudWatch::Alarm'];

  it('is accepted on a topic to which only alarms publish, because no alarm is raised locally', async () => {
    await expect(checked('email', OF_ALARMS)).resolves.toBeUndefined();
    await expect(checked('email', [...OF_ALARMS, 'AWS::Events::Rule'])).rejects.toThrow('not by email');
    await expect(checked('email', OF_ALARMS, true)).rejects.toThrow('not by email');
  });

  it.each([
    ['of a function to a FIFO topic', { TopicArn: `${TopicArn}.fifo` }, 'from FIFO topics to queues only'],
    ['with an unknown operator', { FilterPolicy: { kind: [{ regex: 'x' }] } }, 'operator regex'],
    ['of raw messages to a function', { RawMessageDelivery: true }, 'raw messages to queues'],
  ])('is refused: %s', async (_, more, complaint) => {
    await expect(startSmallCloud(app(more))).rejects.toThrow(complaint);
  });

  it('is refused when it is requested after the start', async () => {
    await using cloud = await startSmallCloud({ resources: { Topic: topic } });
    const subscribing = snsOf(cloud).send(
      new SubscribeCommand({ TopicArn, Protocol: 'email', Endpoint: 'a@b.example' }),
    );
    await expect(subscribing).rejects.toThrow('not the protocol email');
  });
});
