import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type RequestListener,
  type Server,
} from 'node:http';

/**
 * Names of this machine that nobody elsewhere can have: whoever owns a name can have it mean this machine, and a page of
 * that name would be of the same origin. `host.docker.internal` is what a container calls it, such as LocalStack that asks
 * what runs beside it; `.internal` is reserved for private use.
 */
const HERE = /^(127\.0\.0\.1|localhost|\[::1\]|host\.docker\.internal)(:\d+)?$/i;

/**
 * Why a request is not answered; nothing, if it is: a web page elsewhere must not use what listens on this machine, and a
 * browser sends for it what the page wants. Other programs send neither `Origin` nor `Sec-Fetch-Site`.
 * @param allowsOrigin of other origins, those whose pages may
 */
export function refusalOf(
  headers: IncomingHttpHeaders,
  allowsOrigin: (origin: string) => boolean = () => false,
): string | undefined {
  const { host = '', origin } = headers;
  const site = headers['sec-fetch-site'];
  // Neither is repeated: what a caller wrote may be personal, and answers are logged.
  if (!HERE.test(host)) return 'This machine is asked by a name that is not its own. Ask 127.0.0.1.';
  // Without an origin: an image, a form that gets, a link.
  const isElsewhere =
    origin === undefined ? ['cross-site', 'same-site'].includes(String(site)) : origin !== `http://${host}`;
  return isElsewhere && !(origin && allowsOrigin(origin)) ? 'A page elsewhere may not ask this.' : undefined;
}

/** An HTTP server of this machine, for this machine. */
export function createGuardedServer(handle: RequestListener, allowsOrigin?: (origin: string) => boolean): Server {
  return createServer((request, response) => {
    toOriginForm(request);
    const refusal = refusalOf(request.headers, allowsOrigin);
    if (refusal === undefined) return handle(request, response);
    response.writeHead(403, { 'content-type': 'application/json' }).end(JSON.stringify({ message: refusal }));
  });
}

/** `GET http://HOST/PATH`, as clients ask a proxy, means `GET /PATH` with that `Host` (RFC 9112, 3.2.2). */
function toOriginForm(request: IncomingMessage): void {
  const [, host, target = ''] = /^https?:\/\/([^/?#]*)(.*)$/is.exec(request.url ?? '') ?? [];
  if (host === undefined) return;
  request.headers.host = host;
  request.url = target.startsWith('/') ? target : `/${target}`;
}
