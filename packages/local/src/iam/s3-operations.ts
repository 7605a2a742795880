/** An S3 operation that the emulator supports; it would execute any other as a different one. */
export interface S3Operation {
  name: string;
  method: string;
  of: 'service' | 'bucket' | 'object';
  /** Query parameters that distinguish it, some with a value. */
  told?: readonly string[];
  /** Optional query parameters. */
  parameters?: readonly string[];
  /**
   * The actions that IAM checks
   * (https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html); empty: no role may call
   * it.
   */
  actions: readonly string[];
}

const OF_LISTS = ['prefix', 'delimiter', 'max-keys', 'encoding-type'];

// https://docs.aws.amazon.com/AmazonS3/latest/API/API_Operations_Amazon_Simple_Storage_Service.html
const OPERATIONS: readonly S3Operation[] = [
  { name: 'ListBuckets', method: 'GET', of: 'service', actions: ['s3:ListAllMyBuckets'] },
  { name: 'CreateBucket', method: 'PUT', of: 'bucket', actions: ['s3:CreateBucket'] },
  { name: 'HeadBucket', method: 'HEAD', of: 'bucket', actions: ['s3:ListBucket'] },
  { name: 'DeleteBucket', method: 'DELETE', of: 'bucket', actions: ['s3:DeleteBucket'] },
  ...['GET', 'PUT', 'DELETE'].map((method) => ({
    name: `${method[0]}${method.slice(1).toLowerCase()}BucketLifecycleConfiguration`,
    ...{ method, of: 'bucket' as const, told: ['lifecycle'] },
    actions: [`s3:${method === 'GET' ? 'Get' : 'Put'}LifecycleConfiguration`],
  })),
  {
    ...{ name: 'ListObjectsV2', method: 'GET', of: 'bucket', told: ['list-type=2'] },
    ...{ parameters: [...OF_LISTS, 'continuation-token', 'start-after'], actions: ['s3:ListBucket'] },
  },
  {
    ...{ name: 'ListObjects', method: 'GET', of: 'bucket' },
    ...{ parameters: [...OF_LISTS, 'marker'], actions: ['s3:ListBucket'] },
  },
  { name: 'DeleteObjects', method: 'POST', of: 'bucket', told: ['delete'], actions: [] },
  { name: 'GetObject', method: 'GET', of: 'object', parameters: ['partNumber'], actions: ['s3:GetObject'] },
  { name: 'HeadObject', method: 'HEAD', of: 'object', actions: ['s3:GetObject'] },
  { name: 'PutObject', method: 'PUT', of: 'object', actions: ['s3:PutObject'] },
  { name: 'DeleteObject', method: 'DELETE', of: 'object', actions: ['s3:DeleteObject'] },
  {
    ...{ name: 'GetObjectAttributes', method: 'GET', of: 'object', told: ['attributes'] },
    actions: ['s3:GetObject', 's3:GetObjectAttributes'],
  },
  { name: 'CreateMultipartUpload', method: 'POST', of: 'object', told: ['uploads'], actions: ['s3:PutObject'] },
  { name: 'UploadPart', method: 'PUT', of: 'object', told: ['partNumber', 'uploadId'], actions: ['s3:PutObject'] },
  { name: 'CompleteMultipartUpload', method: 'POST', of: 'object', told: ['uploadId'], actions: ['s3:PutObject'] },
  {
    ...{ name: 'AbortMultipartUpload', method: 'DELETE', of: 'object', told: ['uploadId'] },
    actions: ['s3:AbortMultipartUpload'],
  },
];

/** @returns undefined if no operation has this method and these parameters */
export const s3OperationOf = (method: string, of: S3Operation['of'], query: URLSearchParams): S3Operation | undefined =>
  OPERATIONS.find(({ told = [], parameters = [], ...operation }) => {
    const names = told.map((parameter) => parameter.split('=')[0]);
    const others = [...query.keys()].filter((name) => !names.includes(name));
    return (
      operation.method === method &&
      operation.of === of &&
      told.every((parameter) => query.has(...(parameter.split('=') as [string]))) &&
      // SDKs add the operation's name as `x-id`.
      others.every((name) => name === 'x-id' || parameters.includes(name))
    );
  });
