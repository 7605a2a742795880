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

/** Meters a function's call. */
export async function metered(
  { meter, access }: Pick<EndpointOptions, 'meter' | 'access'>,
  { request, target: { service, operation } }: ServiceCall,
  body: Buffer,
  ask: (body: Buffer) => Promise<ServiceAnswer | undefined>,
): Promise<ServiceAnswer | undefined> {
  // S3 bodies are binary, and a registration makes no S3 call.
  if (!meter || service === 's3') return ask(body);
  const caller = access.functionOf(keyOf(request));
  if (!caller) return ask(body);
  const answer = await ask(Buffer.from(meter.prepare(service, operation, body.toString())));
  if (answer)
    meter.recordCall({ caller, service, operation, request: body.toString(), response: answer.body.toString() });
  return answer;
}

/**
 * Notifies observers of a successful call: streams of writes, all others of the call.
 * @param done the part of the request that was done
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
  if (service === 'sns') archive.recordPublished(operation, done, answered);
  faults?.answered(operation, done, answered);
}
