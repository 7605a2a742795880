import type { IncomingMessage } from 'node:http';
import { type Answer, awsError } from '../errors/aws-error.ts';
import { isS3 } from '../iam/s3-requests.ts';

/** The refusal of a path, or of another name in a request, whose percent signs do not encode anything. */
export const notEncoded = ({ headers }: IncomingMessage): Answer =>
  awsError(isS3(headers) ? 's3' : 'lambda', {
    ...{ status: 400, code: isS3(headers) ? 'InvalidURI' : 'ValidationException' },
    message: 'Something in the request is not percent-encoded as UTF-8.',
  });

/** The refusal of a request that is no JSON object, though its service speaks JSON; nothing, if it is one, or need not be. */
export function notJson(service: string, body: Buffer): Answer | undefined {
  if (service === 's3' || service === 'sns' || service === 'sts' || isJsonObject(body)) return undefined;
  return awsError(service, { status: 400, code: 'SerializationException', message: 'The request is no JSON object.' });
}

function isJsonObject(body: Buffer): boolean {
  try {
    const request: unknown = JSON.parse(body.toString() || '{}');
    return typeof request === 'object' && request !== null && !Array.isArray(request);
  } catch {
    return false;
  }
}
