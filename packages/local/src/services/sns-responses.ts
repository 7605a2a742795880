import { type Answer, awsError, escaped } from '../errors/aws-error.ts';

/** The error for an invalid parameter. */
export const invalidParameter = (message: string) =>
  awsError('sns', { status: 400, code: 'InvalidParameter', message });

export const attributesResponse = (operation: string, attributes: Record<string, string>) => {
  const entries = Object.entries(attributes).map(
    ([key, value]) => `<entry><key>${key}</key><value>${escaped(value)}</value></entry>`,
  );
  return snsResponse(operation, `<Attributes>${entries.join('')}</Attributes>`);
};

export const snsResponse = (operation: string, result: string): Answer => ({
  status: 200,
  headers: { 'content-type': 'text/xml' },
  body: `<${operation}Response><${operation}Result>${result}</${operation}Result></${operation}Response>`,
});

/**
 * Rejects a request to subscribe at run time unless the endpoint is a queue, because other endpoints would get no
 * messages.
 */
export function subscribeRefusal(operation: string, request: string): Answer | undefined {
  if (operation !== 'Subscribe') return undefined;
  const protocol = new URLSearchParams(request).get('Protocol');
  if (protocol === 'sqs') return undefined;
  return invalidParameter(
    `at run time, the embedded cloud supports only subscriptions of queues (protocol sqs), not the protocol ${protocol}. Templates can also subscribe functions`,
  );
}
