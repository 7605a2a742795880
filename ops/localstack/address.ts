/** Default port of `npm run sms-sandbox`. */
export const SANDBOX_PORT = 4010;

/**
 * The name by which the cloud and its functions reach this machine. `SMS_GATEWAY_URL` and `TOKEN_ISSUER` override it.
 */
export type HostName = '127.0.0.1' | 'host.docker.internal';

/**
 * LocalStack runs functions in containers, which reach this machine as `host.docker.internal`. Any other cloud is
 * assumed to run on this machine. LocalStack's responses have a header that identifies LocalStack:
 * https://docs.localstack.cloud/aws/configuration/networking/internal-endpoints/
 */
export const hostNameFor = (answer: Headers): HostName =>
  answer.has('x-localstack') ? 'host.docker.internal' : '127.0.0.1';

/**
 * Converts the URL of an API, `https://ID.execute-api.…`, to a URL at the endpoint, because the original host name
 * belongs to AWS or does not resolve. Returns other URLs unchanged.
 * @param basePath the base path of the stage's API at the endpoint, with `{api}` in place of the API's ID
 */
export function reachable(url: string, endpoint: string, basePath: string): string {
  const [, id, rest = ''] = /^https?:\/\/([a-z0-9]+)\.execute-api\.[^/?#]+(.*)$/.exec(url) ?? [];
  if (id === undefined) return url;
  return `${endpoint.replace(/\/$/, '')}${basePath.replace('{api}', id)}${rest}`;
}

/** Quotes a text as a word of a POSIX shell. */
export const shellWord = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;
