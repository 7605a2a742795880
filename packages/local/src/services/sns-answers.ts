import { type Answer, awsError, escaped } from '../errors/aws-error.ts';

/** That a ReplayPolicy is none. */
export const invalid = (message: string) => awsError('sns', { status: 400, code: 'InvalidParameter', message });

export const attributesAnswer = (operation: string, attributes: Record<string, string>) => {
  const entries = Object.entries(attributes).map(
    ([key, value]) => `<entry><key>${key}</key><value>${escaped(value)}</value></entry>`,
  );
  return answer(operation, `<Attributes>${entries.join('')}</Attributes>`);
};

export const answer = (operation: string, result: string): Answer => ({
  status: 200,
  headers: { 'content-type': 'text/xml' },
  body: `<${operation}Response><${operation}Result>${result}</${operation}Result></${operation}Response>`,
});
