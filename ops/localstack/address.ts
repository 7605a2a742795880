/** Where `npm run sms-sandbox` and `npm run ops -- issuer` listen, if nobody says otherwise. */
export const SANDBOX_PORT = 4010;
export const ISSUER_PORT = 4030;
/** As at the endpoint of an embedded cloud. */
export const ISSUER_PATH = '/issuer';

/** By what the cloud and its functions call this machine. Another name: `SMS_GATEWAY_URL` and `TOKEN_ISSUER`. */
export type HostName = '127.0.0.1' | 'host.docker.internal';

/**
 * LocalStack runs functions in containers; who else speaks its language is taken for a program of this machine.
 * LocalStack is known by the header of all its answers:
 * https://docs.localstack.cloud/aws/configuration/networking/internal-endpoints/
 */
export const thisMachineFor = (answer: Headers): HostName =>
  answer.has('x-localstack') ? 'host.docker.internal' : '127.0.0.1';

/** As this machine calls itself: a container's name for it need not resolve here. */
export const fromHere = (url: string): string =>
  url.replace(/^(https?:\/\/)host\.docker\.internal(?=[:/]|$)/, '$1127.0.0.1');

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
