import { Aws } from 'aws-cdk-lib';
import { AnyPrincipal, PolicyStatement, type PolicyStatementProps, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { type CfnKey, type IKey, Key } from 'aws-cdk-lib/aws-kms';
import { Construct } from 'constructs';
import { ownRoles } from './own-roles.ts';
import { removalPolicyOf } from './removal.ts';
import { capitalized, prefixOf, type Stage } from './stage.ts';

/** In the metadata of what may be deleted by the next deployment: a deployment has taken it out of use before. */
export const RETIRING = 'rollcall:retiring';

/** What a service of AWS does with a key to send what is encrypted with it. */
const USE = ['kms:Decrypt', 'kms:GenerateDataKey*'];

/**
 * The stage's own key for all that it keeps and sends. Its policy names the stage's roles, by AWS's services only; besides,
 * as every key's does, it leaves the account's administrators to IAM: without that, nobody could deploy.
 */
export class StageKey extends Construct {
  readonly arn: string;
  readonly #key: Key;

  /** @param keepsLarge whether it encrypts a bucket, too */
  constructor(scope: Construct, id: string, { stage, keepsLarge }: { stage: Stage; keepsLarge: boolean }) {
    super(scope, id);
    const key = new Key(this, 'Key', {
      alias: `${stage.app}-${stage.name}`,
      description: `Encrypts the tables, queues, topics, secrets and logs of ${capitalized(stage.app)}'s stage ${stage.name}.`,
      enableKeyRotation: true,
      // By default it would be kept after a first deployment that failed, too, at $1 a month.
      removalPolicy: removalPolicyOf(stage),
    });
    const services = ['dynamodb', 'sqs', 'sns', 'secretsmanager', ...(keepsLarge ? ['s3'] : [])].map(
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
    // To put messages into encrypted queues. Of `aws:SourceAccount`, nothing says that SNS sends it
    // (https://docs.aws.amazon.com/sns/latest/dg/sns-enable-encryption-for-topic-sqs-queue-subscriptions.html).
    this.allow('Topics', {
      principals: [new ServicePrincipal('sns.amazonaws.com')],
      conditions: {
        ArnLike: {
          'aws:SourceArn': `arn:${Aws.PARTITION}:sns:${Aws.REGION}:${Aws.ACCOUNT_ID}:${prefixOf(stage)}*`,
        },
      },
    });
    // To publish alarms to an encrypted topic; AWS's own example has no condition here either
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
   * Lets somebody more use it, such as a service of AWS that publishes to an encrypted topic.
   * @param statement `actions`: default, what sends what is encrypted with it
   */
  allow(sid: string, statement: Omit<PolicyStatementProps, 'sid' | 'resources'>): void {
    this.#key.addToResourcePolicy(new PolicyStatement({ sid, resources: ['*'], actions: USE, ...statement }));
  }
}

/** The stage's own key, for a resource; nothing, if the stage leaves that to AWS. Its policy is not to be added to. */
export const keyFor = (scope: Construct, id: string, { keyArn }: Stage): IKey | undefined =>
  keyArn === undefined ? undefined : Key.fromKeyArn(scope, `${id}Key`, keyArn);
