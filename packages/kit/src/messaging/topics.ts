import { PublishBatchCommand, type SNSClient } from '@aws-sdk/client-sns';
import type { Publish } from './sender.ts';

/** The option `publish` of `createSender`, for senders to topics. */
export const publishByTopics =
  (sns: SNSClient): Publish =>
  (TopicArn, PublishBatchRequestEntries) =>
    sns.send(new PublishBatchCommand({ TopicArn, PublishBatchRequestEntries }));
