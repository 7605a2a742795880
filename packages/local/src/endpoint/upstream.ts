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
  /** `headers` and `body` are in the protocol that the service's implementation uses. */
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

/** The operations of DynamoDB whose responses contain a region. */
const WITH_REGION: ReadonlySet<string> = new Set([
  'CreateTable',
  'DeleteTable',
  'DescribeStream',
  'DescribeTable',
  'GetRecords',
  'ListStreams',
  'UpdateTable',
]);

/** Replaces the region `dynoxide` in dynoxide's ARNs and records. In requests, dynoxide accepts any region. */
function inRegion(region: string, { status, headers, body }: ServiceAnswer): ServiceAnswer {
  const corrected = body
    .toString()
    .replaceAll('"arn:aws:dynamodb:dynoxide:', `"arn:aws:dynamodb:${region}:`)
    .replaceAll('"awsRegion":"dynoxide"', `"awsRegion":"${region}"`);
  const { 'content-length': _, 'x-amz-crc32': __, ...others } = headers;
  return { status, headers: others, body: Buffer.from(corrected) };
}

/** Sends calls to the implementations of AWS services: to emulators, or to handlers in this process. */
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

  /** @returns undefined to drop the connection */
  async send(call: ServiceCall, body: Buffer): Promise<ServiceAnswer | undefined> {
    const { implementation, service, operation } = call.target;
    if (typeof implementation !== 'string') return callHandler(implementation.answer, operation, body, call.headers);
    const snsAnswer = service === 'sns' ? await this.#snsAnswer(operation, body.toString()) : undefined;
    if (snsAnswer) return { ...snsAnswer, body: Buffer.from(snsAnswer.body) };
    const answer = await this.#callEmulator(implementation, call, body);
    return WITH_REGION.has(operation) ? inRegion(this.#region, answer) : answer;
  }

  /**
   * The response to an SNS request that the emulator does not support or silently ignores; undefined for any other
   * request.
   */
  async #snsAnswer(operation: string, request: string): Promise<Answer | undefined> {
    return subscribeRefusal(operation, request) ?? (await this.#archive.handle(operation, request));
  }

  async #callEmulator(
    url: string,
    { request, response, headers, target }: ServiceCall,
    body: Buffer,
  ): Promise<ServiceAnswer> {
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
    const upstream = httpRequest(url, {
      agent: this.#agent,
      // The emulator treats every path except `/` as S3, so it would store a message that is sent to the path of a
      // queue as an object in a bucket.
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
    // Removes the headers with which emulators allow every web page to read their responses.
    const kept = Object.entries(endToEnd(answer.headers)).filter(([name]) => !name.startsWith('access-control-'));
    return { status: answer.statusCode ?? 502, headers: Object.fromEntries(kept), body: content };
  }
}

async function callHandler(
  handler: AwsHandler,
  operation: string,
  request: Buffer,
  sent: IncomingHttpHeaders,
): Promise<ServiceAnswer | undefined> {
  const response = await handler(operation, request.toString(), sent as Record<string, string>);
  if (!response) return undefined;
  const headers = { 'content-type': 'application/x-amz-json-1.1' };
  return { status: response.status, headers, body: Buffer.from(JSON.stringify(response.body)) };
}
