import type { Channel } from '@rollcall/kit/internal/contracts/channel';
import { parkedCopiesPrefixOfConsumer, SENT, sentPrefixOfChannel } from '@rollcall/kit/internal/contracts/large';
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

/**
 * SNS retries a delivery to a queue for 23 days:
 * https://docs.aws.amazon.com/sns/latest/dg/sns-message-delivery-retries.html.
 */
const DELIVERY = Duration.days(23);
/**
 * Upper bound for the time that a message is in the outbox. An alarm is raised when a message has been unpublished for
 * two minutes, so an operator has almost two weeks to publish it.
 */
const UNPUBLISHED = Duration.days(14);

/**
 * The longest time from commit to consumption: the sum of the times in the outbox, archive, SNS, queue and dead-letter
 * queue.
 */
const maxLifetime = ({ eventArchiveDays }: Stage): Duration =>
  [UNPUBLISHED, Duration.days(eventArchiveDays ?? 0), DELIVERY, RETENTION, RETENTION].reduce((all, one) =>
    all.plus(one),
  );

/**
 * The bucket for the data of messages that are too large for a channel. Data of sent messages expires when no message
 * can refer to it any more. A consumer's copies for parked messages do not expire. The bucket requires TLS. Apart from
 * the deployment role and the account's root, only roles of the stage can access it.
 */
export class LargeBucket extends Bucket {
  constructor(scope: Construct, id: string, { stage }: { stage: Stage }) {
    const encryptionKey = keyFor(scope, id, stage);
    super(scope, id, {
      // Bucket names are globally unique.
      bucketName: `${prefixOf(stage)}large-${Aws.ACCOUNT_ID}-${Aws.REGION}`,
      ...(encryptionKey
        ? { encryption: BucketEncryption.KMS, encryptionKey, bucketKeyEnabled: true }
        : { encryption: BucketEncryption.S3_MANAGED }),
      enforceSSL: true,
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      lifecycleRules: [{ id: 'sent', prefix: SENT, expiration: maxLifetime(stage) }],
      removalPolicy: removalPolicyOf(stage),
    });
    this.addToResourcePolicy(onlyOwnRoles(this, stage, ['s3:*'], [this.bucketArn, this.arnForObjects('*')]));
    Validations.of(this).acknowledge({
      id: 'AwsSolutions-S1',
      reason:
        'Only functions of the stage access the bucket. An access log would be a second copy of the ids in the object keys.',
    });
  }

  /** Sets LARGE_BUCKET. */
  setBucketName(fn: LambdaFunction): void {
    fn.addEnvironment('LARGE_BUCKET', this.bucketName);
  }

  /** Allows a function to store the data of messages that it sends. */
  allowStoring(fn: LambdaFunction, channels: readonly Channel[]): void {
    this.setBucketName(fn);
    this.#allow(
      fn,
      ['PutObject'],
      channels.map(({ name }) => sentPrefixOfChannel(name)),
    );
  }

  /** Allows a function of an outbox to erase the data of sent messages, by subject. */
  allowErasing(fn: LambdaFunction, channels: readonly Channel[]): void {
    this.setBucketName(fn);
    const prefixes = channels.map(({ name }) => sentPrefixOfChannel(name));
    this.#allow(fn, ['DeleteObject'], prefixes);
    this.#allowListing(fn, prefixes);
  }

  /**
   * Allows a function of a consumer to read the data of a channel, and to store, read and delete copies for parked
   * messages. If a message of the channel has `erases`, the function may also list these copies.
   */
  allowReading(fn: LambdaFunction, consumer: string, { name, messages }: Channel): void {
    this.setBucketName(fn);
    this.#allow(fn, ['GetObject'], [sentPrefixOfChannel(name)]);
    this.#allow(fn, ['GetObject', 'PutObject', 'DeleteObject'], [parkedCopiesPrefixOfConsumer(consumer)]);
    if (messages.some(({ erases }) => erases)) this.#allowListing(fn, [parkedCopiesPrefixOfConsumer(consumer)]);
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
