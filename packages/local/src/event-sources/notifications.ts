import { createHash } from 'node:crypto';
import {
  CreateQueueCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  type Message,
  ReceiveMessageCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import type { LambdaFunction } from '../lambda/function.ts';
import type { Mapping } from './mapping.ts';
import { repeat } from './repeat.ts';

export interface NotificationOptions {
  /** Bypasses the AWS endpoint, because SNS's internal calls are not calls of the app. */
  sqs: SQSClient;
  queueUrl: string;
  target: Pick<LambdaFunction, 'settings' | 'asynchronous'>;
  subscriptionArn: string;
}

/** The maximum of SQS, so that a message is not received again while its invocation is in progress. */
const VISIBILITY_SECONDS = 12 * 3_600;
const LONG_POLL_SECONDS = 20;
const MAX_IN_PROGRESS = 100;

/** Name of the queue for a function's subscription. */
export const notificationQueueName = (topicArn: string, functionArn: string): string =>
  `rollcall-sns-to-lambda-${createHash('sha256').update(`${topicArn} ${functionArn}`).digest('hex').slice(0, 16)}`;

export const createNotificationQueue = (sqs: SQSClient, QueueName: string) =>
  sqs.send(new CreateQueueCommand({ QueueName, Attributes: { VisibilityTimeout: String(VISIBILITY_SECONDS) } }));

/**
 * Invokes a function with each message that a topic delivers to the function's subscription
 * (https://docs.aws.amazon.com/lambda/latest/dg/with-sns.html). The topic delivers to an internal queue of the cloud,
 * because subscriptions of queues support filters, and the queue's messages survive a restart.
 */
export function createNotificationMapping({ sqs, queueUrl, target, subscriptionArn }: NotificationOptions): Mapping {
  const stopping = new AbortController();
  const { signal } = stopping;
  const inProgress = new Set<Promise<void>>();
  let polling: Promise<void> | undefined;

  async function handle({ Body = '', ReceiptHandle }: Message): Promise<void> {
    if (await target.asynchronous.run(JSON.stringify(eventOf(Body, subscriptionArn))))
      await sqs.send(new DeleteMessageCommand({ QueueUrl: queueUrl, ReceiptHandle }));
  }

  async function poll(): Promise<void> {
    if (inProgress.size >= MAX_IN_PROGRESS) await Promise.race(inProgress);
    const { Messages = [] } = await sqs.send(
      new ReceiveMessageCommand({
        QueueUrl: queueUrl,
        MaxNumberOfMessages: 10,
        WaitTimeSeconds: LONG_POLL_SECONDS,
      }),
      { abortSignal: signal },
    );
    for (const message of Messages) {
      const work = handle(message)
        .catch((error: Error) => console.error(`${subscriptionArn}: ${error.message}`))
        .finally(() => inProgress.delete(work));
      inProgress.add(work);
    }
  }

  return {
    start() {
      polling = repeat(poll, subscriptionArn, signal);
    },
    async stop() {
      stopping.abort();
      await polling;
      await Promise.all(inProgress);
    },
    /** Includes messages that wait for a retry. */
    async held() {
      const { Attributes = {} } = await sqs.send(
        new GetQueueAttributesCommand({
          QueueUrl: queueUrl,
          AttributeNames: ['ApproximateNumberOfMessages', 'ApproximateNumberOfMessagesNotVisible'],
        }),
      );
      return Object.values(Attributes).reduce((sum, value) => sum + Number(value), 0);
    },
  };
}

interface Notification {
  SigningCertURL: string;
  UnsubscribeURL: string;
  Subject?: string;
  MessageAttributes?: object;
}

/**
 * The event for a function: SNS's envelope with other names for URLs. The fields `Subject` and `MessageAttributes` are
 * always present.
 */
function eventOf(body: string, EventSubscriptionArn: string) {
  const { SigningCertURL, UnsubscribeURL, ...notification } = JSON.parse(body) as Notification;
  const Sns = {
    Subject: null,
    MessageAttributes: {},
    ...notification,
    SigningCertUrl: SigningCertURL,
    UnsubscribeUrl: UnsubscribeURL,
  };
  return { Records: [{ EventSource: 'aws:sns', EventVersion: '1.0', EventSubscriptionArn, Sns }] };
}
