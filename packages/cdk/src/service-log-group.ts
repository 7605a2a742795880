import { LogGroup } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import { keyFor } from './encryption.ts';
import { removalPolicyOf } from './removal.ts';
import type { Stage } from './stage.ts';

/** A log group with the stage's retention, removal policy and key. */
export class ServiceLogGroup extends LogGroup {
  /**
   * @param logGroupName such as `/aws/lambda/shop-dev-payments-consume`. The stage's key can only encrypt log groups
   * whose names have the form `/aws/…/APP-STAGE-…`
   */
  constructor(scope: Construct, id: string, { stage, logGroupName }: { stage: Stage; logGroupName: string }) {
    const encryptionKey = keyFor(scope, id, stage);
    super(scope, id, {
      logGroupName,
      retention: stage.logRetentionDays,
      removalPolicy: removalPolicyOf(stage),
      ...(encryptionKey && { encryptionKey }),
    });
  }
}
