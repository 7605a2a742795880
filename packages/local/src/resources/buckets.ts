import type { PolicyDocument } from '../iam/policy.ts';
import type { ResourceProvider } from '../template/resource.ts';
import { type BucketNotificationProperties, configurationOf, configureNotifications } from './bucket-notifications.ts';
import { physicalName, type Runtime } from './runtime.ts';

interface BucketProperties {
  BucketName?: string;
  NotificationConfiguration?: BucketNotificationProperties;
  BucketEncryption?: {
    ServerSideEncryptionConfiguration: Array<{ ServerSideEncryptionByDefault?: { KMSMasterKeyID?: string } }>;
  };
}

const arnOf = (bucket: string) => `arn:aws:s3:::${bucket}`;

/** AWS::S3::Bucket. Objects never expire. Only policies determine who can read them. */
export const buckets =
  (runtime: Runtime): ResourceProvider =>
  async ({ stack, logicalId, properties }) => {
    const { emulators, access } = runtime;
    const { BucketName, BucketEncryption, NotificationConfiguration } = properties as BucketProperties;
    const name = physicalName(BucketName, stack, logicalId).toLowerCase();
    const response = await fetch(`${emulators.messagingUrl}/${name}`, { method: 'PUT' });
    if (!response.ok) throw new Error(await response.text());
    const [encryption] = BucketEncryption?.ServerSideEncryptionConfiguration ?? [];
    const key = encryption?.ServerSideEncryptionByDefault?.KMSMasterKeyID;
    if (key) access.recordKey(arnOf(name), key);
    if (NotificationConfiguration)
      configureNotifications(runtime, name, configurationOf(NotificationConfiguration), logicalId);
    return { ref: name, attributes: { Arn: arnOf(name) } };
  };

/** AWS::S3::BucketPolicy. */
export const bucketPolicies =
  ({ access }: Runtime): ResourceProvider =>
  async ({ logicalId, properties }) => {
    const { PolicyDocument, Bucket } = properties as unknown as { PolicyDocument: PolicyDocument; Bucket: string };
    access.addResourcePolicy(arnOf(Bucket), PolicyDocument);
    return { ref: logicalId };
  };
