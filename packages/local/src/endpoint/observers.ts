import { messagesSent } from '../messages/sent-messages.ts';
import { keyOf } from './callers.ts';
import type { EndpointOptions } from './options.ts';
import type { ServiceAnswer, ServiceCall } from './upstream.ts';

const WRITES = new Set([
  'PutItem',
  'UpdateItem',
  'DeleteItem',
  'BatchWriteItem',
  'TransactWriteItems',
  'ExecuteStatement',
  'ExecuteTransaction',
]);

/** Meters what a function asks for. */
export async function metered(
  { meter, access }: Pick<EndpointOptions, 'meter' | 'access'>,
  { request, target: { service, operation } }: ServiceCall,
  body: Buffer,
  ask: (body: Buffer) => Promise<ServiceAnswer | undefined>,
): Promise<ServiceAnswer | undefined> {
  // Bodies of S3 are bytes, and no call of a registration is one of it.
  if (!meter || service === 's3') return ask(body);
  const caller = access.functionOf(keyOf(request));
  if (!caller) return ask(body);
  const answer = await ask(Buffer.from(meter.prepared(service, operation, body.toString())));
  if (answer) meter.answered({ caller, service, operation, request: body.toString(), answer: answer.body.toString() });
  return answer;
}

/**
 * Tells of a call that was answered: the streams of a write, and all others of what was done.
 * @param done what of the request was done
 */
export function tellOf(
  { onWrite, control, archive, faults }: EndpointOptions,
  { body, target: { service, operation } }: ServiceCall,
  done: string,
  answer: ServiceAnswer,
): void {
  if (service === 'dynamodb' && WRITES.has(operation)) onWrite(body);
  if (answer.status >= 300) return;
  const answered = answer.body.toString();
  const at = new Date().toISOString();
  const messages = messagesSent(service, operation, done, answered);
  if (messages.length > 0) control.sent(messages.map((message) => ({ at, ...message })));
  if (service === 'sns') archive.published(operation, done, answered);
  faults?.answered(operation, done, answered);
}
