import { Aws, Fn, Stack } from 'aws-cdk-lib';
import { AnyPrincipal, Effect, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import { prefixOf, type Stage } from './stage.ts';

/**
 * The ARN pattern of a stage's roles: the roles of its functions, and all other roles whose names have the stage's
 * prefix.
 */
export const ownRoles = (stage: Stage) => `arn:${Aws.PARTITION}:iam::${Aws.ACCOUNT_ID}:role/${prefixOf(stage)}*`;

/**
 * The role that CloudFormation assumes to deploy a stack. CDK's bootstrapping of the account creates this role. A
 * condition on `aws:CalledVia` could not replace the role: CloudFormation sets this condition key for every deployer,
 * so the condition would also admit the owner of any other stack
 * (https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/fas-requests-and-permission-evaluation.html).
 */
function deploymentRole(scope: Construct): string {
  const { cloudFormationExecutionRole } = Stack.of(scope).synthesizer;
  if (cloudFormationExecutionRole) return Fn.sub(cloudFormationExecutionRole);
  throw new Error(
    `${scope.node.path}: the stack's synthesizer has no execution role, so the resource policy would deny the next deployment. Use DefaultStackSynthesizer.`,
  );
}

/**
 * Creates a statement that denies actions on a queue, topic or bucket to all principals except the stage's roles, the
 * deployment role, the account's root and AWS services. The statement overrides whatever the policies of all other
 * principals allow. The root is an exception so that it can repair a policy that denies too much. The statement allows
 * nothing to anybody.
 */
export const onlyOwnRoles = (scope: Construct, stage: Stage, actions: string[], resource: string | string[]) =>
  new PolicyStatement({
    sid: 'OnlyThisStage',
    effect: Effect.DENY,
    principals: [new AnyPrincipal()],
    actions,
    resources: [resource].flat(),
    conditions: {
      ArnNotLike: {
        'aws:PrincipalArn': [
          ownRoles(stage),
          deploymentRole(scope),
          `arn:${Aws.PARTITION}:iam::${Aws.ACCOUNT_ID}:root`,
        ],
      },
      Bool: { 'aws:PrincipalIsAWSService': 'false' },
    },
  });
