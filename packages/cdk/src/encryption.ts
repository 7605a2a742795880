import { Aws } from 'aws-cdk-lib';
import { AnyPrincipal, PolicyStatement, type PolicyStatementProps, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { type CfnKey, type IKey, Key } from 'aws-cdk-lib/aws-kms';
import { Construct } from 'constructs';
import { ownRoles } from './own-roles.ts';
import { removalPolicyOf } from './removal.ts';
import { capitalized, prefixOf, type Stage } from './stage.ts';

/**
 * Metadata of resources that a later deployment may delete even in a stage that keeps its data, because nothing uses
 * them by then.
 */
export const RETIRING = 'rollcall:retiring';

/** The actions on the key that an AWS service needs to send encrypted data. */
const USE = ['kms:Decrypt', 'kms:GenerateDataKey*'];

/**
 * The stage's customer managed key, for all data that the stage stores and sends. The key's policy allows the stage's
 * roles to use the key, but only through AWS services. CDK also adds a statement with which IAM policies of the account
 * can allow the use of the key. Without this statement, administrators could not deploy changes of the key.
 */
export class StageKey extends Construct {
  readonly arn: string;
  readonly #key: Key;

  /** @param hasLargeBucket whether the key also encrypts a bucket */
  constructor(scope: Construct, id: string, { stage, hasLargeBucket }: { stage: Stage; hasLargeBucket: boolean }) {
    super(scope, id);
    const key = new Key(this, 'Key', {
      alias: `${stage.app}-${stage.name}`,
      description: `Encrypts the tables, queues, topics, secrets and logs of ${capitalized(stage.app)}'s stage ${stage.name}.`,
      enableKeyRotation: true,
      // By default, the key would remain even after a failed first deployment, at $1 a month.
      removalPolicy: removalPolicyOf(stage),
    });
    const services = ['dynamodb', 'sqs', 'sns', 'secretsmanager', ...(hasLargeBucket ? ['s3'] : [])].map(
      (name) => `${name}.${Aws.REGION}.amazonaws.com`,
    );
    this.#key = key;
    this.allow('OwnRolesByServices', {
      principals: [new AnyPrincipal()],
      actions: [...USE, 'kms:Encrypt', 'kms:ReEncrypt*', 'kms:DescribeKey', 'kms:CreateGrant'],
      conditions: {
        StringEquals: { 'kms:CallerAccount': Aws.ACCOUNT_ID, 'kms:ViaService': services },
        ArnLike: { 'aws:PrincipalArn': ownRoles(stage) },
      },
    });
    // With this statement, SNS can put messages into encrypted queues. `aws:SourceAccount` is not a condition, because
    // the documentation does not state that SNS sends this condition key
    // (https://docs.aws.amazon.com/sns/latest/dg/sns-enable-encryption-for-topic-sqs-queue-subscriptions.html).
    this.allow('Topics', {
      principals: [new ServicePrincipal('sns.amazonaws.com')],
      conditions: {
        ArnLike: {
          'aws:SourceArn': `arn:${Aws.PARTITION}:sns:${Aws.REGION}:${Aws.ACCOUNT_ID}:${prefixOf(stage)}*`,
        },
      },
    });
    // With this statement, CloudWatch can publish alarms to an encrypted topic. The statement has no condition, as in
    // AWS's example
    // (https://repost.aws/knowledge-center/cloudwatch-configure-alarm-sns).
    this.allow('Alarms', {
      principals: [new ServicePrincipal('cloudwatch.amazonaws.com')],
    });
    this.allow('Logs', {
      principals: [new ServicePrincipal(`logs.${Aws.REGION}.amazonaws.com`)],
      actions: [...USE, 'kms:Encrypt', 'kms:ReEncrypt*', 'kms:DescribeKey'],
      conditions: {
        ArnLike: {
          'kms:EncryptionContext:aws:logs:arn': `arn:${Aws.PARTITION}:logs:${Aws.REGION}:${Aws.ACCOUNT_ID}:log-group:/aws/*/${prefixOf(stage)}*`,
        },
      },
    });
    if (stage.customerManagedKey === 'retiring') (key.node.defaultChild as CfnKey).addMetadata(RETIRING, true);
    this.arn = key.keyArn;
  }

  /**
   * Allows another principal to use the key, such as an AWS service that publishes to an encrypted topic.
   * @param statement default for `actions`: the actions for sending encrypted data
   */
  allow(sid: string, statement: Omit<PolicyStatementProps, 'sid' | 'resources'>): void {
    this.#key.addToResourcePolicy(new PolicyStatement({ sid, resources: ['*'], actions: USE, ...statement }));
  }
}

/**
 * A reference to the stage's customer managed key, for a resource; undefined if the stage uses AWS's keys. Grants on
 * the reference do not change the key's policy.
 */
export const keyFor = (scope: Construct, id: string, { keyArn }: Stage): IKey | undefined =>
  keyArn === undefined ? undefined : Key.fromKeyArn(scope, `${id}Key`, keyArn);
