import { type CfnGlobalTable, TableEncryptionV2, type TablePropsV2, TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import { removalPolicyOf } from './removal.ts';
import { prefixOf, type Stage } from './stage.ts';

/**
 * An encrypted table with on-demand capacity, and the stage's point-in-time recovery, removal policy and deletion
 * protection.
 * @public
 */
export class ServiceTable extends TableV2 {
  /** @param props `name`: unique in the stage, such as `orders` */
  constructor(scope: Construct, id: string, props: { stage: Stage; name: string } & Omit<TablePropsV2, 'tableName'>) {
    const { stage, name, ...table } = props;
    const warm = stage.warmThroughput[name];
    super(scope, id, {
      tableName: `${prefixOf(stage)}${name}`,
      ...(warm && { warmThroughput: { readUnitsPerSecond: warm.reads, writeUnitsPerSecond: warm.writes } }),
      // Without a customer managed key, DynamoDB's own key is used, because this key is free. Each use of the AWS
      // managed key `aws/dynamodb` is charged (https://aws.amazon.com/kms/pricing/).
      encryption: stage.keyArn ? TableEncryptionV2.awsManagedKey() : TableEncryptionV2.dynamoOwnedKey(),
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: stage.pointInTimeRecovery },
      removalPolicy: removalPolicyOf(stage),
      deletionProtection: stage.keepData,
      ...table,
    });
    // In a region-agnostic stack, TableV2 does not accept a customer managed key. Therefore, the override below
    // replaces the AWS managed key with the customer managed key.
    if (stage.keyArn) {
      const table = this.node.defaultChild as CfnGlobalTable;
      table.addPropertyOverride('Replicas.0.SSESpecification.KMSMasterKeyId', stage.keyArn);
    }
  }

  /** Allows actions on the table, such as `GetItem`, but not on its indexes. */
  allow(fn: LambdaFunction, ...actions: string[]): void {
    this.#allow(fn, this.tableArn, actions);
  }

  allowOnIndex(fn: LambdaFunction, index: string, ...actions: string[]): void {
    this.#allow(fn, `${this.tableArn}/index/${index}`, actions);
  }

  #allow(fn: LambdaFunction, resource: string, actions: string[]): void {
    fn.addToRolePolicy(
      new PolicyStatement({ actions: actions.map((action) => `dynamodb:${action}`), resources: [resource] }),
    );
  }
}
