import { once } from 'node:events';
import {
  constants,
  createServer,
  type IncomingHttpHeaders,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from 'node:http2';
import { OPERATOR } from '../iam/access.ts';
import { signedFetch } from '../iam/signed-fetch.ts';
import { refusalOf } from '../server/guard.ts';
import { listen } from '../server/listen.ts';
import { readBody } from '../server/read-body.ts';

/**
 * The flag of a frame with trailers in gRPC-Web (https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-WEB.md).
 */
const TRAILERS = 0x80;
const FRAME_HEADER_BYTES = 5;
/** Headers that belong to the connection, or that differ between gRPC and gRPC-Web. */
const NOT_FORWARDED = new Set(['te', 'content-type', 'content-length', 'host', 'user-agent', 'transfer-encoding']);

interface GrpcResponse {
  headers: Record<string, string>;
  body: Buffer;
  trailers: Record<string, string>;
}

/**
 * Serves unary gRPC calls over HTTP/2 without TLS. The server forwards each call to the API as gRPC-Web, which sends
 * the trailers in the last frame of the body. Service definitions are not needed.
 * @param apiUrl returns the URL of the API. Invoked for every gRPC call
 */
export async function startGrpc({ apiUrl, port }: { apiUrl: () => string; port: number }) {
  const server = createServer();
  const sessions = new Set<ServerHttp2Session>();
  server.on('session', (session) => {
    sessions.add(session);
    session.on('close', () => sessions.delete(session));
  });
  server.on('stream', (stream, headers) => {
    stream.on('error', () => stream.destroy());
    if (refusalOf({ ...headers, host: headers[':authority'] }) !== undefined)
      return stream.respond({ [constants.HTTP2_HEADER_STATUS]: 403 }, { endStream: true });
    forward(stream, headers, apiUrl()).catch((error: Error) => {
      if (!stream.destroyed) respond(stream, 'proto', errorResponse(14, `the API does not respond: ${error.message}`));
    });
  });
  return {
    url: await listen(server, port, 'gRPC'),
    async stop(): Promise<void> {
      const closed = once(server, 'close');
      server.close();
      for (const session of sessions) session.destroy();
      await closed;
    },
  };
}

/**
 * Signs requests as the operator, because gRPC clients do not use SigV4. There is no behaviour of AWS to imitate,
 * because HTTP APIs on AWS do not support gRPC.
 */
const fetchAsOperator = signedFetch(OPERATOR);

async function forward(stream: ServerHttp2Stream, headers: IncomingHttpHeaders, apiUrl: string): Promise<void> {
  const [type = '', codec = 'proto'] = String(headers['content-type'] ?? '').split('+');
  if (type !== 'application/grpc') {
    stream.respond({ [constants.HTTP2_HEADER_STATUS]: 415 }, { endStream: true });
    return;
  }
  const body = (await readBody(stream)) ?? Buffer.alloc(0);
  const forwarded = Object.entries(headers).filter(([name]) => !name.startsWith(':') && !NOT_FORWARDED.has(name));
  const disconnected = new AbortController();
  stream.on('close', () => disconnected.abort());
  const response = await fetchAsOperator(`${apiUrl}${headers[constants.HTTP2_HEADER_PATH]}`, {
    method: 'POST',
    headers: {
      ...Object.fromEntries(forwarded.map(([name, value]) => [name, String(value)])),
      ...grpcWebHeaders(codec),
    },
    body,
    signal: disconnected.signal,
  });
  respond(stream, codec, await grpcResponseOf(response));
}

/** The gRPC status for each HTTP status. Any other HTTP status becomes 2, UNKNOWN. */
const STATUSES: Record<number, number> = { 400: 13, 401: 16, 403: 7, 404: 12, 429: 14, 502: 14, 503: 14, 504: 14 };

const grpcWebHeaders = (codec: string) => ({
  'content-type': `application/grpc-web+${codec}`,
  accept: `application/grpc-web+${codec}`,
  'x-grpc-web': '1',
});

const errorResponse = (status: number, message: string): GrpcResponse => ({
  headers: {},
  body: Buffer.alloc(0),
  trailers: { 'grpc-status': String(status), 'grpc-message': encodeURIComponent(message) },
});

async function grpcResponseOf(response: Response): Promise<GrpcResponse> {
  const type = response.headers.get('content-type') ?? '';
  // The gRPC mapping of HTTP statuses: https://grpc.github.io/grpc/core/md_doc_http-grpc-status-mapping.html
  if (!type.startsWith('application/grpc-web')) {
    return errorResponse(STATUSES[response.status] ?? 2, `the API responded with status ${response.status}`);
  }
  const headers: Record<string, string> = {};
  const trailers: Record<string, string> = {};
  for (const [name, value] of response.headers) {
    if (name.startsWith('grpc-status') || name === 'grpc-message') trailers[name] = value;
    else if (!NOT_FORWARDED.has(name) && !/^(connection|keep-alive|date|access-control)/.test(name))
      headers[name] = value;
  }
  const frames = Buffer.from(await response.arrayBuffer());
  for (let at = 0; at < frames.length; ) {
    const end = at + FRAME_HEADER_BYTES + frames.readUInt32BE(at + 1);
    if (((frames[at] ?? 0) & TRAILERS) !== 0) {
      for (const line of frames.toString('utf8', at + FRAME_HEADER_BYTES, end).split('\r\n')) {
        const [name = '', ...value] = line.split(':');
        if (name !== '') trailers[name.trim().toLowerCase()] = value.join(':').trim();
      }
      return { headers, trailers, body: frames.subarray(0, at) };
    }
    at = end;
  }
  return { headers, trailers, body: frames };
}

function respond(stream: ServerHttp2Stream, codec: string, { headers, body, trailers }: GrpcResponse): void {
  stream.respond(
    { ...headers, [constants.HTTP2_HEADER_STATUS]: 200, 'content-type': `application/grpc+${codec}` },
    { waitForTrailers: true },
  );
  stream.on('wantTrailers', () => stream.sendTrailers(trailers));
  stream.end(body);
}
