import {
  Agent,
  request as httpRequest,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type ServerResponse,
} from 'node:http';
import type { AwsHandler } from '../beside/beside.ts';
import type { Answer } from '../errors/aws-error.ts';
import { SENDER_HEADER } from '../messages/senders.ts';
import { readBody } from '../server/read-body.ts';
import { subscribeRefusal } from '../services/sns-responses.ts';
import { keyOf } from './callers.ts';
import type { EndpointOptions } from './options.ts';
import type { Target } from './targets.ts';

/** A call to an AWS service. */
export interface ServiceCall {
  request: IncomingMessage;
  response: ServerResponse;
  /** In the protocol of the implementation. */
  headers: IncomingHttpHeaders;
  body: Buffer;
  target: Target;
}

export interface ServiceAnswer {
  status: number;
  headers: IncomingHttpHeaders;
  body: Buffer;
}

/** Headers of the connection, not of the request (RFC 9110, 7.6.1). */
const HOP_BY_HOP = [
  'connection',
  'expect',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
];

function endToEnd(headers: IncomingHttpHeaders): IncomingHttpHeaders {
  const named = headers.connection?.toLowerCase().split(/ *, */) ?? [];
  return Object.fromEntries(
    Object.entries(headers).filter(([name]) => !HOP_BY_HOP.includes(name) && !named.includes(name)),
  );
}

/** Operations whose responses contain a region. */
const TELLS_REGION: ReadonlySet<string> = new Set([
  'CreateTable',
  'DeleteTable',
  'DescribeStream',
  'DescribeTable',
  'GetRecords',
  'ListStreams',
  'UpdateTable',
]);

/** dynoxide's ARNs and records have the region `dynoxide`; it accepts any region in requests. */
function inRegion(region: string, { status, headers, body }: ServiceAnswer): ServiceAnswer {
  const told = body
    .toString()
    .replaceAll('"arn:aws:dynamodb:dynoxide:', `"arn:aws:dynamodb:${region}:`)
    .replaceAll('"awsRegion":"dynoxide"', `"awsRegion":"${region}"`);
  const { 'content-length': _, 'x-amz-crc32': __, ...others } = headers;
  return { status, headers: others, body: Buffer.from(told) };
}

/** The implementations of AWS services: emulators, and this cloud's own. */
export class Upstream {
  readonly #agent = new Agent({ keepAlive: true });
  readonly #access: EndpointOptions['access'];
  readonly #archive: EndpointOptions['archive'];

  readonly #region: string;

  constructor({ access, archive, place }: Pick<EndpointOptions, 'access' | 'archive' | 'place'>) {
    this.#access = access;
    this.#archive = archive;
    this.#region = place.region;
  }

  close(): void {
    this.#agent.destroy();
  }

  /** @returns undefined: drop the connection */
  async ask(call: ServiceCall, body: Buffer): Promise<ServiceAnswer | undefined> {
    const { by, service, operation } = call.target;
    if (typeof by !== 'string') return answerHere(by.answer, operation, body, call.headers);
    const known = service === 'sns' ? await this.#answerOfSns(operation, body.toString()) : undefined;
    if (known) return { ...known, body: Buffer.from(known.body) };
    const answer = await this.#askEmulator(by, call, body);
    return TELLS_REGION.has(operation) ? inRegion(this.#region, answer) : answer;
  }

  /** Errors for requests that the emulator does not support or silently ignores. */
  async #answerOfSns(operation: string, request: string): Promise<Answer | undefined> {
    return subscribeRefusal(operation, request) ?? (await this.#archive.answer(operation, request));
  }

  async #askEmulator(
    url: string,
    { request, response, headers, target }: ServiceCall,
    body: Buffer,
  ): Promise<ServiceAnswer> {
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
    const upstream = httpRequest(url, {
      agent: this.#agent,
      // Other paths belong to S3: a message sent to a queue's URL would be taken for an object put into a bucket.
      ...(target.s3 ? { method: request.method, path: request.url } : { method: 'POST', path: '/' }),
      headers: {
        ...endToEnd(headers),
        'content-length': body.length,
        [SENDER_HEADER]: this.#access.identityOf(keyOf(request)).userId,
      },
    });
    upstream.on('response', resolve).on('error', reject).end(body);
    response.on('close', () => upstream.destroy());
    const answer = await promise;
    const content = (await readBody(answer)) ?? Buffer.alloc(0);
    // Emulators allow every web page to read their responses: drop those headers.
    const answered = Object.entries(endToEnd(answer.headers)).filter(([name]) => !name.startsWith('access-control-'));
    return { status: answer.statusCode ?? 502, headers: Object.fromEntries(answered), body: content };
  }
}

async function answerHere(
  handler: AwsHandler,
  operation: string,
  request: Buffer,
  sent: IncomingHttpHeaders,
): Promise<ServiceAnswer | undefined> {
  const answered = await handler(operation, request.toString(), sent as Record<string, string>);
  if (!answered) return undefined;
  const headers = { 'content-type': 'application/x-amz-json-1.1' };
  return { status: answered.status, headers, body: Buffer.from(JSON.stringify(answered.body)) };
}
