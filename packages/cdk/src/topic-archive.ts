import { Stack } from 'aws-cdk-lib';
import { Architecture, type CfnFunction, Runtime } from 'aws-cdk-lib/aws-lambda';
import type { CfnLogGroup } from 'aws-cdk-lib/aws-logs';
import type { CfnTopic, Topic } from 'aws-cdk-lib/aws-sns';
import { AwsCustomResource, AwsCustomResourcePolicy } from 'aws-cdk-lib/custom-resources';
import type { Construct } from 'constructs';
import { RETIRING } from './encryption.ts';
import { functionRole } from './function-role.ts';
import { removalPolicyOf } from './removal.ts';
import { prefixOf, type Stage } from './stage.ts';

/** CDK has one function a stack for such calls, under this id. */
const CALLER = `AWS${AwsCustomResource.PROVIDER_FUNCTION_UUID.replaceAll('-', '')}`;

/** So its role and log group are one a stack, too. */
const roles = new WeakMap<Stack, ReturnType<typeof functionRole>>();

/**
 * Deactivates a topic's archive before the topic is deleted: SNS deletes no topic that has one, and what was archived is
 * gone with it (https://docs.aws.amazon.com/sns/latest/dg/message-archiving-and-replay-topic-owner.html; in the same way as
 * https://github.com/aws/aws-cdk/pull/37113). Where data is kept, only if the deployment that makes the topic fails: then
 * too it is there, or the archive would be deactivated by the deployment that begins to keep data.
 */
export function deactivateArchiveOnDeletion(scope: Construct, id: string, stage: Stage, topic: Topic): void {
  const functionName = `${prefixOf(stage)}topic-archive`;
  const stack = Stack.of(scope);
  const made = roles.get(stack) ?? functionRole(scope, id, { stage, functionName });
  roles.set(stack, made);
  const { role, logGroup } = made;
  // It goes when the stage has no archive any more.
  (logGroup.node.defaultChild as CfnLogGroup).addMetadata(RETIRING, true);
  new AwsCustomResource(scope, id, {
    functionName,
    role,
    logGroup,
    installLatestAwsSdk: false,
    removalPolicy: removalPolicyOf(stage),
    policy: AwsCustomResourcePolicy.fromSdkCalls({ resources: [topic.topicArn] }),
    onDelete: {
      service: 'SNS',
      action: 'setTopicAttributes',
      parameters: { TopicArn: topic.topicArn, AttributeName: 'ArchivePolicy', AttributeValue: '{}' },
    },
  });
  const caller = stack.node.findChild(CALLER).node.defaultChild as CfnFunction;
  caller.runtime = Runtime.NODEJS_24_X.name;
  caller.architectures = [Architecture.ARM_64.name];
  (topic.node.defaultChild as CfnTopic).addResourceDependency(caller);
}
