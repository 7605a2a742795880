/** Where `npm run sms-sandbox` listens, if nobody says otherwise. */
export const SANDBOX_PORT = 4010;

/** By what the cloud and its functions call this machine. Another name: `SMS_GATEWAY_URL` and `TOKEN_ISSUER`. */
export type HostName = '127.0.0.1' | 'host.docker.internal';

/**
 * LocalStack runs functions in containers; who else speaks its language is taken for a program of this machine.
 * LocalStack is known by the header of all its answers:
 * https://docs.localstack.cloud/aws/configuration/networking/internal-endpoints/
 */
export const thisMachineFor = (answer: Headers): HostName =>
  answer.has('x-localstack') ? 'host.docker.internal' : '127.0.0.1';

/**
 * An address of an API, `https://ID.execute-api.…`, as it is reached at the endpoint: its host name means AWS, or need not
 * resolve. What is no such address stays as it is.
 * @param basePath of the stage
 */
export function reachable(url: string, endpoint: string, basePath: string): string {
  const [, id, rest = ''] = /^https?:\/\/([a-z0-9]+)\.execute-api\.[^/?#]+(.*)$/.exec(url) ?? [];
  if (id === undefined) return url;
  return `${endpoint.replace(/\/$/, '')}${basePath.replace('{api}', id)}${rest}`;
}

/** A word of a POSIX shell that stands for exactly this text. */
export const shellWord = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;
