/** Default port of `npm run sms-sandbox`. */
export const SANDBOX_PORT = 4010;

/** The name of this machine for the cloud and its functions. For another name: `SMS_GATEWAY_URL` and `TOKEN_ISSUER`. */
export type HostName = '127.0.0.1' | 'host.docker.internal';

/**
 * LocalStack runs functions in containers; any other cloud is assumed to run on this machine. LocalStack identifies
 * itself by a header of its responses: https://docs.localstack.cloud/aws/configuration/networking/internal-endpoints/
 */
export const hostNameFor = (answer: Headers): HostName =>
  answer.has('x-localstack') ? 'host.docker.internal' : '127.0.0.1';

/**
 * Converts an API's URL, `https://ID.execute-api.…`, to one at the endpoint: its host name belongs to AWS, or does not
 * resolve. Other URLs are unchanged.
 * @param basePath of the stage
 */
export function reachable(url: string, endpoint: string, basePath: string): string {
  const [, id, rest = ''] = /^https?:\/\/([a-z0-9]+)\.execute-api\.[^/?#]+(.*)$/.exec(url) ?? [];
  if (id === undefined) return url;
  return `${endpoint.replace(/\/$/, '')}${basePath.replace('{api}', id)}${rest}`;
}

/** Quotes a text as a word of a POSIX shell. */
export const shellWord = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;
