import type { IncomingMessage } from 'node:http';
import { type Answer, awsError } from '../errors/aws-error.ts';
import { isS3 } from '../iam/s3-requests.ts';

/** The error for a request with an invalid percent-encoding. */
export const encodingError = ({ headers }: IncomingMessage): Answer =>
  awsError(isS3(headers) ? 's3' : 'lambda', {
    ...{ status: 400, code: isS3(headers) ? 'InvalidURI' : 'ValidationException' },
    message: 'The request contains an invalid percent-encoding of UTF-8.',
  });

/**
 * The error for a request that is not a JSON object although the service uses JSON; undefined for any other request.
 */
export function jsonError(service: string, body: Buffer): Answer | undefined {
  if (service === 's3' || service === 'sns' || service === 'sts' || isJsonObject(body)) return undefined;
  return awsError(service, {
    status: 400,
    code: 'SerializationException',
    message: 'The request is not a JSON object.',
  });
}

function isJsonObject(body: Buffer): boolean {
  try {
    const request: unknown = JSON.parse(body.toString() || '{}');
    return typeof request === 'object' && request !== null && !Array.isArray(request);
  } catch {
    return false;
  }
}
