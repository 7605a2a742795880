import type { IncomingMessage } from 'node:http';
import { type Answer, awsError, escaped } from '../errors/aws-error.ts';
import { type Query, signedFor } from './query.ts';

const HERE =
  'The embedded cloud has DynamoDB, DynamoDB Streams, SNS, SQS, S3, Lambda Invoke, PutEvents of EventBridge, a little of Secrets Manager, Cloud Map and STS, and what the app runs beside it';

/** The error for an unsupported service or operation, in the format of its protocol. */
export function unknown(request: IncomingMessage, query: Query | undefined): Answer {
  if (query) return xml('InvalidAction', `${HERE}; not the action ${query.action} of ${query.service}.`);
  const { 'x-amz-target': target } = request.headers;
  const service = signedFor(request);
  const path = (request.url ?? '/').split('?')[0];
  const asked = target ? `the target ${target}` : `${request.method} ${path}${service ? ` of ${service}` : ''}`;
  const message = `${HERE}; not ${asked}.`;
  const __type = 'UnknownOperationException';
  return {
    status: 400,
    headers: { 'content-type': 'application/x-amz-json-1.1', 'x-amzn-errortype': __type },
    body: JSON.stringify({ __type, message, Message: message }),
  };
}

/** The emulator would take an unknown S3 operation for another one: a request for tags would replace the object. */
export const unknownOfS3 = (asked: string): Answer =>
  awsError('s3', { status: 501, code: 'NotImplemented', message: `The embedded cloud has not ${asked} of S3.` });

function xml(code: string, message: string): Answer {
  const body = `<ErrorResponse><Error><Type>Sender</Type><Code>${code}</Code><Message>${escaped(message)}</Message></Error></ErrorResponse>`;
  return { status: 400, headers: { 'content-type': 'text/xml' }, body };
}
