import { Topic, type TopicProps } from 'aws-cdk-lib/aws-sns';
import type { Construct } from 'constructs';
import { keyFor } from './encryption.ts';
import { onlyOwnRoles } from './own-roles.ts';
import type { Stage } from './stage.ts';

/**
 * The actions that change a topic or publish to it. Together, `WRITE_ACTIONS` and `READ_ACTIONS` are all actions that a
 * topic's policy can contain: SNS rejects other actions, and wildcards
 * (https://docs.aws.amazon.com/sns/latest/dg/sns-access-policy-language-api-permissions-reference.html).
 */
export const WRITE_ACTIONS = [
  ...['Publish', 'SetTopicAttributes', 'PutDataProtectionPolicy', 'DeleteTopic', 'AddPermission', 'RemovePermission'],
].map((name) => `sns:${name}`);

const READ_ACTIONS = [
  ...['Subscribe', 'GetTopicAttributes', 'ListSubscriptionsByTopic', 'GetDataProtectionPolicy', 'ListTagsForResource'],
].map((name) => `sns:${name}`);

/**
 * A topic that is encrypted with the stage's customer managed key, if the stage has one. The topic requires TLS. Apart
 * from the deployment role and the account's root, only roles of the stage can access it, because a subscriber receives
 * everything that is published. An AWS service that publishes to the topic needs its own statement in the topic's
 * policy.
 * @beta
 */
export class StageTopic extends Topic {
  /** @param props `name`: the full name of the topic, `APP-STAGE-…` */
  constructor(scope: Construct, id: string, props: { stage: Stage; name: string } & Omit<TopicProps, 'topicName'>) {
    const { stage, name, ...more } = props;
    const masterKey = keyFor(scope, id, stage);
    super(scope, id, { topicName: name, enforceSSL: true, ...(masterKey && { masterKey }), ...more });
    this.addToResourcePolicy(onlyOwnRoles(this, stage, [...WRITE_ACTIONS, ...READ_ACTIONS], this.topicArn));
  }
}
