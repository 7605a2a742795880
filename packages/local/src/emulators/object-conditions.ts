type Headers = Readonly<Record<string, string | string[] | undefined>>;

export interface StoredObject {
  key: string;
  etag: string;
  lastModified: Date;
}

/** An S3 error. */
export type S3Fault = readonly [code: string, message: string, status: number];

const FAILED: S3Fault = ['PreconditionFailed', 'At least one of the pre-conditions you specified did not hold', 412];
const NO_KEY: S3Fault = ['NoSuchKey', 'The specified key does not exist.', 404];

const tagOf = (value: string) => value.trim().replace(/^W\//, '').replaceAll('"', '');

const matches = (wanted: string, { etag }: StoredObject) =>
  wanted.split(',').some((tag) => tag.trim() === '*' || tagOf(tag) === tagOf(etag));

/**
 * The error for a write or deletion with preconditions that do not hold or that S3 does not support; undefined if there
 * is no error
 * (https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-requests.html).
 */
export function writeFault(headers: Headers, existing: StoredObject | undefined): S3Fault | undefined {
  const { 'if-match': match, 'if-none-match': noneMatch } = headers;
  if (noneMatch !== undefined && noneMatch !== '*')
    return ['NotImplemented', 'The If-None-Match header of a write must be *.', 501];
  if (noneMatch === '*' && existing) return FAILED;
  if (match === undefined) return undefined;
  if (!existing) return NO_KEY;
  return matches(String(match), existing) ? undefined : FAILED;
}

/**
 * The error for a copy whose preconditions do not hold; undefined if they hold
 * (https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html).
 */
export function copyFault(headers: Headers, source: StoredObject): S3Fault | undefined {
  const header = (condition: string) => headers[`x-amz-copy-source-if-${condition}`]?.toString();
  const [match, noneMatch] = [header('match'), header('none-match')];
  const [since, notSince] = [header('modified-since'), header('unmodified-since')];
  const isLater = (than: string) => Math.floor(source.lastModified.getTime() / 1000) * 1000 > Date.parse(than);
  // A condition on the ETag takes precedence over the corresponding condition on the time.
  const isChanged = match !== undefined ? !matches(match, source) : notSince !== undefined && isLater(notSince);
  const isSame = noneMatch !== undefined ? matches(noneMatch, source) : since !== undefined && !isLater(since);
  return isChanged || isSame ? FAILED : undefined;
}
