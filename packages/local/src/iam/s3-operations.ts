/**
 * An S3 operation that the emulator supports. All other operations are refused, because the emulator would execute them
 * as one of the supported operations.
 */
export interface S3Operation {
  name: string;
  method: string;
  scope: 'service' | 'bucket' | 'object';
  /** Query parameters that distinguish the operation from others, as `NAME` or `NAME=VALUE`. */
  required?: readonly string[];
  /** Other query parameters that the operation accepts. */
  optional?: readonly string[];
  /**
   * The actions that IAM checks
   * (https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html); empty: no role may call
   * the operation.
   */
  actions: readonly string[];
}

const LIST_PARAMETERS = ['prefix', 'delimiter', 'max-keys', 'encoding-type'];

// https://docs.aws.amazon.com/AmazonS3/latest/API/API_Operations_Amazon_Simple_Storage_Service.html
const OPERATIONS: readonly S3Operation[] = [
  { name: 'ListBuckets', method: 'GET', scope: 'service', actions: ['s3:ListAllMyBuckets'] },
  { name: 'CreateBucket', method: 'PUT', scope: 'bucket', actions: ['s3:CreateBucket'] },
  { name: 'HeadBucket', method: 'HEAD', scope: 'bucket', actions: ['s3:ListBucket'] },
  { name: 'DeleteBucket', method: 'DELETE', scope: 'bucket', actions: ['s3:DeleteBucket'] },
  ...['GET', 'PUT', 'DELETE'].map((method) => ({
    name: `${method[0]}${method.slice(1).toLowerCase()}BucketLifecycleConfiguration`,
    ...{ method, scope: 'bucket' as const, required: ['lifecycle'] },
    actions: [`s3:${method === 'GET' ? 'Get' : 'Put'}LifecycleConfiguration`],
  })),
  {
    ...{ name: 'ListObjectsV2', method: 'GET', scope: 'bucket', required: ['list-type=2'] },
    ...{ optional: [...LIST_PARAMETERS, 'continuation-token', 'start-after'], actions: ['s3:ListBucket'] },
  },
  {
    ...{ name: 'ListObjects', method: 'GET', scope: 'bucket' },
    ...{ optional: [...LIST_PARAMETERS, 'marker'], actions: ['s3:ListBucket'] },
  },
  { name: 'DeleteObjects', method: 'POST', scope: 'bucket', required: ['delete'], actions: [] },
  { name: 'GetObject', method: 'GET', scope: 'object', optional: ['partNumber'], actions: ['s3:GetObject'] },
  { name: 'HeadObject', method: 'HEAD', scope: 'object', actions: ['s3:GetObject'] },
  { name: 'PutObject', method: 'PUT', scope: 'object', actions: ['s3:PutObject'] },
  { name: 'DeleteObject', method: 'DELETE', scope: 'object', actions: ['s3:DeleteObject'] },
  {
    ...{ name: 'GetObjectAttributes', method: 'GET', scope: 'object', required: ['attributes'] },
    actions: ['s3:GetObject', 's3:GetObjectAttributes'],
  },
  { name: 'CreateMultipartUpload', method: 'POST', scope: 'object', required: ['uploads'], actions: ['s3:PutObject'] },
  {
    name: 'UploadPart',
    method: 'PUT',
    scope: 'object',
    required: ['partNumber', 'uploadId'],
    actions: ['s3:PutObject'],
  },
  {
    name: 'CompleteMultipartUpload',
    method: 'POST',
    scope: 'object',
    required: ['uploadId'],
    actions: ['s3:PutObject'],
  },
  {
    ...{ name: 'AbortMultipartUpload', method: 'DELETE', scope: 'object', required: ['uploadId'] },
    actions: ['s3:AbortMultipartUpload'],
  },
];

/** @returns undefined if no operation has this method and these parameters */
export const s3OperationOf = (
  method: string,
  scope: S3Operation['scope'],
  query: URLSearchParams,
): S3Operation | undefined =>
  OPERATIONS.find(({ required = [], optional = [], ...operation }) => {
    const names = required.map((parameter) => parameter.split('=')[0]);
    const others = [...query.keys()].filter((name) => !names.includes(name));
    return (
      operation.method === method &&
      operation.scope === scope &&
      required.every((parameter) => query.has(...(parameter.split('=') as [string]))) &&
      // SDKs add the operation's name as `x-id`.
      others.every((name) => name === 'x-id' || optional.includes(name))
    );
  });
