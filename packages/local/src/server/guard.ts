import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type RequestListener,
  type Server,
} from 'node:http';

/**
 * Host names of this machine that no one else can own: the owner of any other name can make it resolve to this machine,
 * and a page of that name would then be same-origin. `host.docker.internal` is the name from inside a container, such
 * as LocalStack; `.internal` is reserved for private use.
 */
const LOCAL_HOST = /^(127\.0\.0\.1|localhost|\[::1\]|host\.docker\.internal)(:\d+)?$/i;

/**
 * Why a request is refused; undefined if it is not. Web pages of other origins must not use servers on this
 * machine, and a browser sends such requests on their behalf. Other programs send neither `Origin` nor
 * `Sec-Fetch-Site`.
 * @param allowsOrigin other origins whose pages are allowed
 */
export function refusalOf(
  headers: IncomingHttpHeaders,
  allowsOrigin: (origin: string) => boolean = () => false,
): string | undefined {
  const { host = '', origin } = headers;
  const site = headers['sec-fetch-site'];
  // The header is not repeated in the message: callers' input may be personal data, and responses are logged.
  if (!LOCAL_HOST.test(host)) return 'The Host header names another machine. Use 127.0.0.1.';
  // Requests without an origin: images, GET forms, links.
  const isElsewhere =
    origin === undefined ? ['cross-site', 'same-site'].includes(String(site)) : origin !== `http://${host}`;
  return isElsewhere && !(origin && allowsOrigin(origin)) ? 'Pages of other origins may not use this.' : undefined;
}

/** An HTTP server that serves only clients on this machine. */
export function createGuardedServer(handle: RequestListener, allowsOrigin?: (origin: string) => boolean): Server {
  return createServer((request, response) => {
    toOriginForm(request);
    const refusal = refusalOf(request.headers, allowsOrigin);
    if (refusal === undefined) return handle(request, response);
    response.writeHead(403, { 'content-type': 'application/json' }).end(JSON.stringify({ message: refusal }));
  });
}

/** `GET http://HOST/PATH`, as clients send it to a proxy, means `GET /PATH` with that `Host` (RFC 9112, 3.2.2). */
function toOriginForm(request: IncomingMessage): void {
  const [, host, target = ''] = /^https?:\/\/([^/?#]*)(.*)$/is.exec(request.url ?? '') ?? [];
  if (host === undefined) return;
  request.headers.host = host;
  request.url = target.startsWith('/') ? target : `/${target}`;
}
