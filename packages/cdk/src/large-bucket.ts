import type { Channel } from '@rollcall/kit/internal/contracts/channel';
import { heldBy, SENT, sentOn } from '@rollcall/kit/internal/contracts/large';
import { Aws, Duration, Validations } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { BlockPublicAccess, Bucket, BucketEncryption } from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';
import { keyFor } from './encryption.ts';
import { onlyOwnRoles } from './own-roles.ts';
import { removalPolicyOf } from './removal.ts';
import { prefixOf, type Stage } from './stage.ts';
import { RETENTION } from './stage-queue.ts';

/** https://docs.aws.amazon.com/sns/latest/dg/sns-message-delivery-retries.html: to a queue, SNS tries for 23 days. */
const DELIVERY = Duration.days(23);
/** There is an alarm on what is not published after two minutes. */
const UNPUBLISHED = Duration.days(14);

/** The longest that a message is on its way: in the outbox, an archive, SNS, its queue, and among the dead letters. */
const longestWay = ({ eventArchiveDays }: Stage): Duration =>
  [UNPUBLISHED, Duration.days(eventArchiveDays ?? 0), DELIVERY, RETENTION, RETENTION].reduce((all, one) =>
    all.plus(one),
  );

/**
 * The data of messages that are too large for a channel. What was sent expires once no message can refer to it; what a consumer
 * has parked does not. TLS only, and for its own stage only.
 */
export class LargeBucket extends Bucket {
  constructor(scope: Construct, id: string, { stage }: { stage: Stage }) {
    const encryptionKey = keyFor(scope, id, stage);
    super(scope, id, {
      // Names of buckets are taken worldwide.
      bucketName: `${prefixOf(stage)}large-${Aws.ACCOUNT_ID}-${Aws.REGION}`,
      ...(encryptionKey
        ? { encryption: BucketEncryption.KMS, encryptionKey, bucketKeyEnabled: true }
        : { encryption: BucketEncryption.S3_MANAGED }),
      enforceSSL: true,
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      lifecycleRules: [{ id: 'sent', prefix: SENT, expiration: longestWay(stage) }],
      removalPolicy: removalPolicyOf(stage),
    });
    this.addToResourcePolicy(onlyOwnRoles(this, stage, ['s3:*'], [this.bucketArn, this.arnForObjects('*')]));
    Validations.of(this).acknowledge({
      id: 'AwsSolutions-S1',
      reason:
        'Who reads and writes it is a function of the stage; a log of accesses would be a second copy of who is in it.',
    });
  }

  tell(fn: LambdaFunction): void {
    fn.addEnvironment('LARGE_BUCKET', this.bucketName);
  }

  /** Lets a function keep the data of what it sends. */
  allowKeeping(fn: LambdaFunction, channels: readonly Channel[]): void {
    this.tell(fn);
    this.#allow(
      fn,
      ['PutObject'],
      channels.map(({ name }) => sentOn(name)),
    );
  }

  /** Lets an outbox erase what it has sent, with its subject. */
  allowErasing(fn: LambdaFunction, channels: readonly Channel[]): void {
    this.tell(fn);
    const prefixes = channels.map(({ name }) => sentOn(name));
    this.#allow(fn, ['DeleteObject'], prefixes);
    this.#allowListing(fn, prefixes);
  }

  /** Lets a consumer read the data of a channel, and hold a copy of what it has parked. */
  allowReading(fn: LambdaFunction, consumer: string, { name, messages }: Channel): void {
    this.tell(fn);
    this.#allow(fn, ['GetObject'], [sentOn(name)]);
    this.#allow(fn, ['GetObject', 'PutObject', 'DeleteObject'], [heldBy(consumer)]);
    if (messages.some(({ erases }) => erases)) this.#allowListing(fn, [heldBy(consumer)]);
  }

  #allow(fn: LambdaFunction, actions: readonly string[], prefixes: readonly string[]): void {
    fn.addToRolePolicy(
      new PolicyStatement({
        actions: actions.map((action) => `s3:${action}`),
        resources: prefixes.map((prefix) => this.arnForObjects(`${prefix}*`)),
      }),
    );
  }

  #allowListing(fn: LambdaFunction, prefixes: readonly string[]): void {
    fn.addToRolePolicy(
      new PolicyStatement({
        actions: ['s3:ListBucket'],
        resources: [this.bucketArn],
        conditions: { StringLike: { 's3:prefix': prefixes.map((prefix) => `${prefix}*`) } },
      }),
    );
  }
}
