import { Aws } from 'aws-cdk-lib';
import { AnyPrincipal, Effect, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { Stage } from '../stages.ts';

/** The roles of a stage: of its functions, and whatever an operator names like them. */
export const ownRoles = ({ name }: Stage) => `arn:${Aws.PARTITION}:iam::${Aws.ACCOUNT_ID}:role/rollcall-${name}-*`;

/**
 * Keeps out of a queue or topic who is no role of its stage, whatever their own policies allow them. AWS's own services
 * are let in by statements of their own.
 */
export const onlyOwnRoles = (stage: Stage, actions: string[], resource: string) =>
  new PolicyStatement({
    sid: 'OnlyThisStage',
    effect: Effect.DENY,
    principals: [new AnyPrincipal()],
    actions,
    resources: [resource],
    conditions: {
      ArnNotLike: { 'aws:PrincipalArn': ownRoles(stage) },
      Bool: { 'aws:PrincipalIsAWSService': 'false' },
    },
  });
