import { Aws, Fn, Stack } from 'aws-cdk-lib';
import { AnyPrincipal, Effect, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import { prefixOf, type Stage } from './stage.ts';

/** The roles of a stage: those of its functions, and any that an operator names with the same prefix. */
export const ownRoles = (stage: Stage) => `arn:${Aws.PARTITION}:iam::${Aws.ACCOUNT_ID}:role/${prefixOf(stage)}*`;

/**
 * The role in which CloudFormation deploys a stack, as the account was bootstrapped. `aws:CalledVia` is no alternative:
 * CloudFormation sets it for every deployer, so the owner of any other stack would be admitted
 * (https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/fas-requests-and-permission-evaluation.html).
 */
function deploymentRole(scope: Construct): string {
  const { cloudFormationExecutionRole } = Stack.of(scope).synthesizer;
  if (cloudFormationExecutionRole) return Fn.sub(cloudFormationExecutionRole);
  throw new Error(
    `${scope.node.path}: the stack's synthesizer names no execution role, so its policy would deny the next deployment. Use DefaultStackSynthesizer.`,
  );
}

/**
 * Denies actions on a queue or topic to all principals of the account except the stage's roles, the deployment role and
 * the account's root, whatever their own policies allow: someone must be able to repair a policy that denies too much.
 * Other statements allow AWS services.
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
