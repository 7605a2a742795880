import type { IncomingMessage } from 'node:http';
import { type Answer, awsError, escaped } from '../errors/aws-error.ts';
import { type Query, signedFor } from './query.ts';

const SUPPORTED =
  "The embedded cloud supports DynamoDB, DynamoDB Streams, SNS, SQS, S3, Lambda's Invoke, EventBridge's PutEvents, parts of Secrets Manager, Cloud Map and STS, and the services of the app's stand-ins";

/** The error for an unsupported service or operation, in the format of the request's protocol. */
export function unsupportedError(request: IncomingMessage, query: Query | undefined): Answer {
  if (query) return xml('InvalidAction', `${SUPPORTED}, but not the action ${query.action} of ${query.service}.`);
  const { 'x-amz-target': target } = request.headers;
  const service = signedFor(request);
  const path = (request.url ?? '/').split('?')[0];
  const requested = target ? `the target ${target}` : `${request.method} ${path}${service ? ` of ${service}` : ''}`;
  const message = `${SUPPORTED}, but not ${requested}.`;
  const __type = 'UnknownOperationException';
  return {
    status: 400,
    headers: { 'content-type': 'application/x-amz-json-1.1', 'x-amzn-errortype': __type },
    body: JSON.stringify({ __type, message, Message: message }),
  };
}

/**
 * The error for an S3 operation or header that the embedded cloud does not support. The emulator would mistake an
 * unsupported operation for a different operation: for example, a request that sets an object's tags would replace the
 * object. The emulator would ignore an unsupported header.
 */
export const unsupportedS3Error = (unsupported: string): Answer =>
  awsError('s3', {
    status: 501,
    code: 'NotImplemented',
    message: `The embedded cloud does not support ${unsupported} of S3.`,
  });

function xml(code: string, message: string): Answer {
  const body = `<ErrorResponse><Error><Type>Sender</Type><Code>${code}</Code><Message>${escaped(message)}</Message></Error></ErrorResponse>`;
  return { status: 400, headers: { 'content-type': 'text/xml' }, body };
}
