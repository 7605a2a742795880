import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type RequestListener,
  type Server,
} from 'node:http';

/**
 * The host names of this machine that nobody else can own. The owner of any other name can make the name resolve to
 * this machine. A page from that name would then have the same origin as a server on this machine.
 * `host.docker.internal` is this machine's name inside a container, such as LocalStack. The domain `.internal` is
 * reserved for private use.
 */
const LOCAL_HOST = /^(127\.0\.0\.1|localhost|\[::1\]|host\.docker\.internal)(:\d+)?$/i;

/**
 * The reason why a request is refused; undefined: the request is allowed. Web pages of other origins must not use
 * servers on this machine. A browser sends the requests of such pages, but adds the header `Origin` or
 * `Sec-Fetch-Site`, which other programs do not send.
 * @param allowsOrigin returns whether pages of another origin are allowed
 */
export function refusalOf(
  headers: IncomingHttpHeaders,
  allowsOrigin: (origin: string) => boolean = () => false,
): string | undefined {
  const { host = '', origin } = headers;
  const site = headers['sec-fetch-site'];
  // The message does not contain the header, because responses are logged, and callers' input may be personal data.
  if (!LOCAL_HOST.test(host)) return 'The Host header names another machine. Use 127.0.0.1.';
  // Browsers send no `Origin` for images, links and forms with GET, but they send `Sec-Fetch-Site`.
  const isElsewhere =
    origin === undefined ? ['cross-site', 'same-site'].includes(String(site)) : origin !== `http://${host}`;
  return isElsewhere && !(origin && allowsOrigin(origin))
    ? 'Pages of other origins must not use this server.'
    : undefined;
}

/** Creates an HTTP server that refuses requests for which {@link refusalOf} returns a reason. */
export function createGuardedServer(handle: RequestListener, allowsOrigin?: (origin: string) => boolean): Server {
  return createServer((request, response) => {
    toOriginForm(request);
    const refusal = refusalOf(request.headers, allowsOrigin);
    if (refusal === undefined) return handle(request, response);
    response.writeHead(403, { 'content-type': 'application/json' }).end(JSON.stringify({ message: refusal }));
  });
}

/**
 * Converts a request in the form for proxies, `GET http://HOST/PATH`, to `GET /PATH` with the `Host` header (RFC 9112,
 * 3.2.2).
 */
function toOriginForm(request: IncomingMessage): void {
  const [, host, target = ''] = /^https?:\/\/([^/?#]*)(.*)$/is.exec(request.url ?? '') ?? [];
  if (host === undefined) return;
  request.headers.host = host;
  request.url = target.startsWith('/') ? target : `/${target}`;
}
