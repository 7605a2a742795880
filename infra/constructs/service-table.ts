import { RemovalPolicy } from 'aws-cdk-lib';
import { TableEncryptionV2, type TablePropsV2, TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import type { Construct } from 'constructs';
import type { Stage } from '../stages.ts';

/** A table with the stage's recovery and removal policy, encrypted, paid by request. */
export class ServiceTable extends TableV2 {
  constructor(scope: Construct, id: string, props: { stage: Stage } & TablePropsV2) {
    const { stage, ...table } = props;
    super(scope, id, {
      encryption: TableEncryptionV2.awsManagedKey(),
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: stage.pointInTimeRecovery },
      // A first deployment that fails takes its tables with it, or their names would block the second.
      removalPolicy: stage.keepData ? RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE : RemovalPolicy.DESTROY,
      ...table,
    });
  }
}
