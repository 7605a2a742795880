import { randomUUID } from 'node:crypto';
import { type Answer, escaped } from '../errors/aws-error.ts';
import { queryCodeOf } from '../errors/sqs-codes.ts';
import type { Reply } from './answers.ts';

// Converts SQS responses from the JSON protocol to the XML of the Query protocol.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-making-api-requests-xml.html

type Json = string | number | boolean | Json[] | { [name: string]: Json };

const XML_NAMESPACE = 'http://queue.amazonaws.com/doc/2012-11-05/';

/** Operations with an empty result. */
const WITHOUT_RESULT: ReadonlySet<string> = new Set([
  'ChangeMessageVisibility',
  'DeleteMessage',
  'DeleteQueue',
  'PurgeQueue',
  'SetQueueAttributes',
  'TagQueue',
  'UntagQueue',
]);

/** Element names of list items. The name for items of `Successful` depends on the operation. */
const ELEMENTS: Readonly<Record<string, string>> = {
  Messages: 'Message',
  QueueUrls: 'QueueUrl',
  queueUrls: 'QueueUrl',
  Failed: 'BatchResultErrorEntry',
  Results: 'ListMessageMoveTasksResultEntry',
};

const ENTRIES: Readonly<Record<string, readonly [entry: string, key: string]>> = {
  Attributes: ['Attribute', 'Name'],
  MessageAttributes: ['MessageAttribute', 'Name'],
  Tags: ['Tag', 'Key'],
};

/** Converts a response from the JSON protocol to XML. */
export function xmlResponse(operation: string, { status, body }: Reply): Answer {
  const answer = JSON.parse(body.toString() || '{}') as { [name: string]: Json };
  const requestId = randomUUID();
  const content =
    status < 300
      ? responseOf(operation, answer, requestId)
      : errorOf(status, answer as { __type?: string; message?: string }, requestId);
  const headers = { 'content-type': 'text/xml', 'x-amzn-requestid': requestId };
  return { status, headers, body: `<?xml version="1.0"?>${content}` };
}

function responseOf(operation: string, answer: { [name: string]: Json }, requestId: string): string {
  const result = WITHOUT_RESULT.has(operation) ? '' : element(`${operation}Result`, fieldsOf(answer, operation));
  const metadata = element('ResponseMetadata', element('RequestId', requestId));
  return `<${operation}Response xmlns="${XML_NAMESPACE}">${result}${metadata}</${operation}Response>`;
}

function errorOf(status: number, { __type = '', message = '' }: { __type?: string; message?: string }, id: string) {
  const code = __type.split('#').at(-1) ?? '';
  const error = [
    element('Type', status < 500 ? 'Sender' : 'Receiver'),
    element('Code', queryCodeOf(code)),
    element('Message', escaped(message)),
    '<Detail/>',
  ];
  return `<ErrorResponse xmlns="${XML_NAMESPACE}">${element('Error', error.join(''))}${element('RequestId', id)}</ErrorResponse>`;
}

const element = (name: string, content: string) => `<${name}>${content}</${name}>`;

const fieldsOf = (fields: { [name: string]: Json }, operation: string): string =>
  Object.entries(fields)
    .map(([name, value]) => xmlOf(name, value, operation))
    .join('');

function xmlOf(name: string, value: Json, operation: string): string {
  const [entry, key] = ENTRIES[name] ?? [];
  if (entry && key)
    return Object.entries(value)
      .map(([entryKey, entryValue]) =>
        element(entry, element(key, escaped(entryKey)) + xmlOf('Value', entryValue, operation)),
      )
      .join('');
  if (Array.isArray(value)) {
    const itemName = ELEMENTS[name] ?? `${operation}ResultEntry`;
    return value.map((item) => xmlOf(itemName, item, operation)).join('');
  }
  return element(name, typeof value === 'object' ? fieldsOf(value, operation) : escaped(String(value)));
}
