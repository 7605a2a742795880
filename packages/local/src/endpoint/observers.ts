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

/** Executes a call, and meters it if the caller is a function. */
export async function metered(
  { meter, access }: Pick<EndpointOptions, 'meter' | 'access'>,
  { request, target: { service, operation } }: ServiceCall,
  body: Buffer,
  send: (body: Buffer) => Promise<ServiceAnswer | undefined>,
): Promise<ServiceAnswer | undefined> {
  // S3 calls are not metered, because their bodies are binary, and the registrations whose cost is measured make no S3
  // calls.
  if (!meter || service === 's3') return send(body);
  const caller = access.functionOf(keyOf(request));
  if (!caller) return send(body);
  const answer = await send(Buffer.from(meter.prepare(service, operation, body.toString())));
  if (answer)
    meter.recordCall({ caller, service, operation, request: body.toString(), response: answer.body.toString() });
  return answer;
}

/**
 * Notifies the observers of a call. Streams are notified of every write, all other observers only of successful calls.
 * @param executed the part of the request that was executed
 */
export function notifyObservers(
  { onWrite, control, archive, faults }: EndpointOptions,
  { body, target: { service, operation } }: ServiceCall,
  executed: string,
  answer: ServiceAnswer,
): void {
  if (service === 'dynamodb' && WRITES.has(operation)) onWrite(body);
  if (answer.status >= 300) return;
  const response = answer.body.toString();
  const at = new Date().toISOString();
  const messages = messagesSent(service, operation, executed, response);
  if (messages.length > 0) control.recordMessages(messages.map((message) => ({ at, ...message })));
  if (service === 'sns') archive.recordPublished(operation, executed, response);
  faults?.answered(operation, executed, response);
}
