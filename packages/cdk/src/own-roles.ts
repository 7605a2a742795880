import { Aws, Fn, Stack } from 'aws-cdk-lib';
import { AnyPrincipal, Effect, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import { prefixOf, type Stage } from './stage.ts';

/** The roles of a stage: of its functions, and whatever an operator names like them. */
export const ownRoles = (stage: Stage) => `arn:${Aws.PARTITION}:iam::${Aws.ACCOUNT_ID}:role/${prefixOf(stage)}*`;

/**
 * The role in which CloudFormation deploys a stack, as the account was bootstrapped. CloudFormation makes the calls as
 * this role, and sets `aws:CalledVia` whoever deploys: by that key, everybody with a stack of their own would be let in
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
 * Denies actions on a queue or topic to all principals of the account but the roles of its stage, the deployment, and
 * the account's root, whatever their own policies allow them: somebody must be able to mend a policy that denies too
 * much. AWS's own services are let in by statements of their own.
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
