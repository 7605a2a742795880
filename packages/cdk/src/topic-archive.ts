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

/** Id of the function that CDK creates, once per stack, for the API calls of custom resources. */
const CALLER = `AWS${AwsCustomResource.PROVIDER_FUNCTION_UUID.replaceAll('-', '')}`;

/** The role and log group of the function that {@link CALLER} identifies, per stack. */
const roles = new WeakMap<Stack, ReturnType<typeof functionRole>>();

/**
 * Adds a custom resource that deactivates a topic's archive before the topic is deleted, because SNS does not delete a
 * topic with an archive (https://docs.aws.amazon.com/sns/latest/dg/message-archiving-and-replay-topic-owner.html).
 * Deactivating discards the archive. https://github.com/aws/aws-cdk/pull/37113 uses the same approach. In a stage that
 * keeps data, the custom resource acts only if the deployment that creates the topic fails. The custom resource must
 * exist in such a stage, too. Otherwise, a deployment that turns on `keepData` would delete the custom resource, and
 * thereby deactivate the archive.
 */
export function deactivateArchiveOnDeletion(scope: Construct, id: string, stage: Stage, topic: Topic): void {
  const functionName = `${prefixOf(stage)}topic-archive`;
  const stack = Stack.of(scope);
  const shared = roles.get(stack) ?? functionRole(scope, id, { stage, functionName });
  roles.set(stack, shared);
  const { role, logGroup } = shared;
  // The log group is deleted when the stage no longer has an archive. This metadata allows the deletion even in a stage
  // that keeps its data.
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
