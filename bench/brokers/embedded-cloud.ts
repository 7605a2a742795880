import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { PublishCommand } from '@aws-sdk/client-sns';
import { DeleteMessageBatchCommand, ReceiveMessageCommand } from '@aws-sdk/client-sqs';
import { startCloud } from '@rollcall/local';
import { App, Stack } from 'aws-cdk-lib';
import { Code, Function as LambdaFunction, Runtime } from 'aws-cdk-lib/aws-lambda';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { SqsSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import { Duration } from 'aws-cdk-lib/core';
import { startReceivers } from './http.ts';
import { RECEIVERS, type Receive, type Transport, type TransportType } from './transport.ts';

const FUNCTION = 'bench-receiver';
/** SQS redelivers a message after this time if its receiver ended without deleting the message. */
const VISIBILITY_SECONDS = 10;

/**
 * The code of a function that forwards each message to the next receiver in turn, and fails if that receiver is down.
 */
const SOURCE = `const urls = process.env.RECEIVERS.split(' ');
let turn = Math.floor(Math.random() * urls.length);
export const handler = async (message) => {
  const response = await fetch(urls[turn++ % urls.length], { method: 'POST', body: JSON.stringify(message) });
  if (!response.ok) throw new Error('the receiver responds with status ' + response.status);
};`;

async function startEmbedded(receivers: readonly string[]) {
  const folder = mkdtempSync(join(tmpdir(), 'rollcall-brokers-'));
  mkdirSync(join(folder, 'function'));
  writeFileSync(join(folder, 'function/index.mjs'), SOURCE);
  const app = new App({ outdir: join(folder, 'assembly') });
  const stack = new Stack(app, 'bench', { env: { region: 'us-east-1' } });
  const topic = new Topic(stack, 'Topic', { topicName: 'bench.fifo', fifo: true });
  const visibilityTimeout = Duration.seconds(VISIBILITY_SECONDS);
  const queue = new Queue(stack, 'Queue', { queueName: 'bench.fifo', fifo: true, visibilityTimeout });
  topic.addSubscription(new SqsSubscription(queue, { rawMessageDelivery: true }));
  new LambdaFunction(stack, 'Receiver', {
    functionName: FUNCTION,
    runtime: Runtime.NODEJS_24_X,
    handler: 'index.handler',
    code: Code.fromAsset(join(folder, 'function')),
    timeout: Duration.seconds(30),
    reservedConcurrentExecutions: RECEIVERS,
    environment: { RECEIVERS: receivers.join(' ') },
  });
  app.synth();
  const cloud = await startCloud({ assembly: join(folder, 'assembly'), instanceLimit: RECEIVERS, beside: [] });
  const stop = async () => {
    await cloud.stop();
    rmSync(folder, { recursive: true });
  };
  return { cloud, stop };
}

export const asynchronousInvocation: TransportType = {
  name: 'asynchronous invocation',
  async start(receive): Promise<Transport> {
    const { urls, ...receivers } = await startReceivers(receive);
    const { cloud, stop } = await startEmbedded(urls);
    const lambda = new LambdaClient(cloud.config);
    return {
      ...receivers,
      async send(message) {
        const Payload = JSON.stringify(message);
        await lambda.send(new InvokeCommand({ FunctionName: FUNCTION, InvocationType: 'Event', Payload }));
      },
      async stop() {
        lambda.destroy();
        await stop();
        await receivers.stop();
      },
    };
  },
};

type Embedded = Awaited<ReturnType<typeof startEmbedded>>['cloud'];

/** Polls the queue until the signal is aborted. The batch that is being handled at that time is not deleted. */
async function poll({ sqs }: Embedded, QueueUrl: string, receive: Receive, { signal }: AbortController): Promise<void> {
  while (!signal.aborted) {
    const receiving = new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10, WaitTimeSeconds: 5 });
    const response = await sqs.send(receiving, { abortSignal: signal }).catch((error: Error) => {
      if (signal.aborted) return undefined;
      throw error;
    });
    const { Messages = [] } = response ?? {};
    for (const { Body = '' } of Messages) if (!signal.aborted) await receive(JSON.parse(Body));
    if (signal.aborted || Messages.length === 0) continue;
    const Entries = Messages.map(({ ReceiptHandle }, index) => ({ Id: String(index), ReceiptHandle }));
    await sqs.send(new DeleteMessageBatchCommand({ QueueUrl, Entries }));
  }
}

export const snsToSqs: TransportType = {
  name: 'SNS FIFO to SQS FIFO',
  async start(receive): Promise<Transport> {
    const { cloud, stop } = await startEmbedded([]);
    const QueueUrl = `${cloud.endpointUrl}/000000000000/bench.fifo`;
    let ending = new AbortController();
    let pollers: Promise<void>[] = [];
    const up = async () => {
      ending = new AbortController();
      pollers = Array.from({ length: RECEIVERS }, () => poll(cloud, QueueUrl, receive, ending));
    };
    const down = async () => {
      ending.abort();
      await Promise.all(pollers);
    };
    await up();
    return {
      async send(message) {
        await cloud.sns.send(
          new PublishCommand({
            TopicArn: 'arn:aws:sns:us-east-1:000000000000:bench.fifo',
            Message: JSON.stringify(message),
            MessageGroupId: message.key,
            MessageDeduplicationId: message.id,
          }),
        );
      },
      down,
      up,
      async stop() {
        await down();
        await stop();
      },
    };
  },
};
