import {
  Agent,
  request as httpRequest,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import type { Control } from '../control/control.ts';
import { awsError } from '../errors/aws-error.ts';
import type { Faults } from '../faults/faults.ts';
import { errorAnswer, withoutSomeEntries } from '../faults/faulty-call.ts';
import { type Access, AccessDenied } from '../iam/access.ts';
import { type AskedFor, askedForBy, type Place } from '../iam/requests.ts';
import { accessKeyOf } from '../iam/signature.ts';
import type { LambdaFunction } from '../lambda/function.ts';
import { SENDER_HEADER } from '../messages/senders.ts';
import { messagesSent } from '../messages/sent-messages.ts';
import type { Meter } from '../metering/meter.ts';
import type { Calls } from '../observability/calls.ts';
import { createGuardedServer } from '../server/guard.ts';
import { readBody } from '../server/read-body.ts';
import type { Archive } from '../services/archive.ts';
import type { Issuer } from '../services/issuer.ts';

export interface EndpointOptions {
  dynamoDBUrl: string;
  messagingUrl: string;
  functions: ReadonlyMap<string, LambdaFunction>;
  /** Services that this cloud has itself, by what `x-amz-target` begins with. */
  handlers: Record<string, { service: string; answer: AwsHandler }>;
  calls: Calls;
  place: Place;
  access: Access;
  issuer: Issuer;
  control: Control;
  archive: Archive;
  /** Told the request after DynamoDB answered a write. */
  onWrite: (request: Buffer) => void;
  faults?: Faults | undefined;
  meter?: Meter | undefined;
}

/** Answers an operation of a service that speaks JSON. Nothing: there shall be no answer. */
export type AwsHandler = (
  operation: string,
  request: string,
  headers: Record<string, string>,
) => Promise<{ status: number; body: unknown } | undefined> | { status: number; body: unknown };

interface Target {
  /** Of the emulator that answers; or who answers here. */
  url: string | AwsHandler;
  service: string;
  operation: string;
}

const WRITES = new Set([
  'PutItem',
  'UpdateItem',
  'DeleteItem',
  'BatchWriteItem',
  'TransactWriteItems',
  'ExecuteStatement',
  'ExecuteTransaction',
]);
const INVOKE = /^\/2015-03-31\/functions\/([^/]+)\/invocations$/;

/** The one endpoint for every AWS service that the embedded cloud has. Under `/_rollcall` it tells about itself. */
export function createEndpoint(options: EndpointOptions): Server {
  const agent = new Agent({ keepAlive: true });

  function targetOf(request: IncomingMessage, body: Buffer): Target | undefined {
    const [api = '', operation = ''] = String(request.headers['x-amz-target'] ?? '').split('.');
    if (api.startsWith('DynamoDBStreams')) return { url: options.dynamoDBUrl, service: 'dynamodbstreams', operation };
    if (api.startsWith('DynamoDB')) return { url: options.dynamoDBUrl, service: 'dynamodb', operation };
    if (api === 'AmazonSQS') return { url: options.messagingUrl, service: 'sqs', operation };
    const own = options.handlers[api];
    if (own) return { url: own.answer, service: own.service, operation };
    if (request.headers['content-type']?.startsWith('application/x-www-form-urlencoded')) {
      const form = new URLSearchParams(body.toString());
      const action = form.get('Action') ?? '';
      const service = ['GetCallerIdentity', 'AssumeRole'].includes(action) ? 'sts' : 'sns';
      return { url: options.messagingUrl, service, operation: action };
    }
    return undefined;
  }

  const keyOf = (request: IncomingMessage) => accessKeyOf(request.headers.authorization) ?? '';
  const roleOf = (request: IncomingMessage) => options.access.roleOf(keyOf(request));

  /** @throws {AccessDenied} if the call is a role's, and not among what it may do */
  function authorize(request: IncomingMessage, service: string, asked: () => AskedFor[]): void {
    const role = roleOf(request);
    if (role) options.access.authorize(role, asked(), service);
  }

  async function forward(
    request: IncomingMessage,
    response: ServerResponse,
    body: Buffer,
    target: Target,
  ): Promise<void> {
    const { service, operation } = target;
    authorize(request, service, () => askedForBy(service, operation, body.toString(), options.place));
    options.calls.count(service, operation);
    if (options.control.latencyMs() > 0 && roleOf(request)) await delay(options.control.latencyMs());
    const fault = options.faults?.call(service, operation);
    if (fault && fault.kind !== 'partly done') options.faults?.happened(`${service} ${operation}: ${fault.kind}`);
    if (fault?.kind === 'delayed') await delay(fault.ms);
    if (fault?.kind === 'refused' || fault?.kind === 'throttled' || fault?.kind === 'conflict') {
      return send(response, errorAnswer(fault.kind, service, body.toString()));
    }
    const partial = fault?.kind === 'partly done' ? withoutSomeEntries(operation, body.toString()) : undefined;
    const asked = partial ? Buffer.from(partial.request) : body;
    const answer = await metered(request, asked, target, (prepared) => ask(request, response, prepared, target));
    if (!answer) return;
    const isDone = answer.status < 300;
    if (service === 'dynamodb' && WRITES.has(operation)) options.onWrite(body);
    const done = partial?.request ?? body.toString();
    if (isDone) tellOfMessages(service, operation, done, answer.body.toString());
    if (isDone && service === 'sns') options.archive.published(operation, done, answer.body.toString());
    if (isDone) options.faults?.answered(operation, done, answer.body.toString());
    if (fault?.kind === 'answer lost') return send(response, errorAnswer(fault.kind, service, body.toString()));
    if (!partial || !isDone) return send(response, answer);
    options.faults?.happened(`${service} ${operation}: partly done`);
    const { 'content-length': _, 'x-amz-crc32': __, ...headers } = answer.headers;
    send(response, { status: answer.status, headers, body: partial.complete(answer.body.toString()) });
  }

  /** Meters what a function asks for. */
  async function metered<A extends { body: Buffer }>(
    request: IncomingMessage,
    body: Buffer,
    { service, operation }: Target,
    ask: (body: Buffer) => Promise<A | undefined>,
  ): Promise<A | undefined> {
    const { meter, access } = options;
    const caller = meter && access.functionOf(keyOf(request));
    if (!caller) return ask(body);
    const answer = await ask(Buffer.from(meter.prepared(service, operation, body.toString())));
    if (answer)
      meter.answered({ caller, service, operation, request: body.toString(), answer: answer.body.toString() });
    return answer;
  }

  function tellOfMessages(service: string, operation: string, sent: string, answered: string): void {
    const at = new Date().toISOString();
    const messages = messagesSent(service, operation, sent, answered);
    if (messages.length > 0) options.control.sent(messages.map((message) => ({ at, ...message })));
  }

  async function ask(
    request: IncomingMessage,
    response: ServerResponse,
    body: Buffer,
    target: Target,
  ): Promise<{ status: number; headers: IncomingHttpHeaders; body: Buffer } | undefined> {
    if (typeof target.url !== 'string') return answerHere(target.url, target.operation, body, request.headers);
    const known =
      target.service === 'sns' ? await options.archive.answer(target.operation, body.toString()) : undefined;
    if (known) return { ...known, body: Buffer.from(known.body) };
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
    const upstream = httpRequest(target.url, {
      agent,
      method: request.method,
      path: request.url,
      headers: {
        ...request.headers,
        'content-length': body.length,
        [SENDER_HEADER]: options.access.identityOf(keyOf(request)).userId,
      },
    });
    upstream.on('response', resolve).on('error', reject).end(body);
    response.on('close', () => upstream.destroy());
    const answer = await promise;
    const content = (await readBody(answer)) ?? Buffer.alloc(0);
    // Emulators let every web page read their answers.
    const headers = Object.entries(answer.headers).filter(([name]) => !name.startsWith('access-control-'));
    return { status: answer.statusCode ?? 502, headers: Object.fromEntries(headers), body: content };
  }

  async function invoke(request: IncomingMessage, response: ServerResponse, name: string, body: Buffer): Promise<void> {
    options.calls.count('lambda', 'Invoke');
    const fn = options.functions.get(name.replace(/^.*:function:/, '').replace(/:\$LATEST$/, ''));
    if (!fn) {
      const message = `Function not found: ${name}. There are: ${[...options.functions.keys()].join(', ')}`;
      return answerError(response, 404, 'ResourceNotFoundException', message);
    }
    authorize(request, 'lambda', () => [{ action: 'lambda:InvokeFunction', resource: fn.settings.arn }]);
    const payload = body.length > 0 ? body.toString() : '{}';
    switch (request.headers['x-amz-invocation-type']) {
      case 'DryRun':
        response.writeHead(204).end();
        return;
      case 'Event':
        response.writeHead(202).end();
        await fn.invoke(payload);
        return;
      default: {
        const result = await fn.invoke(payload);
        response
          .writeHead(200, {
            'content-type': 'application/json',
            'x-amz-executed-version': '$LATEST',
            ...(!result.ok && { 'x-amz-function-error': 'Unhandled' }),
          })
          .end(result.payload);
      }
    }
  }

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = (request.url ?? '/').split('?')[0] ?? '/';
    if (options.control.takes(path)) return options.control.answer(request, response);
    if (path.startsWith('/issuer/')) return options.issuer.answer(path.slice('/issuer'.length), request, response);
    const body = (await readBody(request)) ?? Buffer.alloc(0);
    const name = INVOKE.exec(decodeURIComponent(path))?.[1];
    if (name && request.method !== 'POST')
      return answerError(response, 405, 'MethodNotAllowedException', 'Functions are invoked by POST.');
    if (name) return invoke(request, response, name, body);
    const target = targetOf(request, body);
    if (target?.operation === 'AssumeRole') return assumeRole(response, body);
    if (!target) return unknown(response);
    try {
      await forward(request, response, body, target);
    } catch (error) {
      if (!(error instanceof AccessDenied)) throw error;
      send(response, denied(target.service, error));
    }
  }

  /** https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html, for whoever is at this machine. */
  function assumeRole(response: ServerResponse, body: Buffer): void {
    const form = new URLSearchParams(body.toString());
    const arn = form.get('RoleArn') ?? '';
    const { accessKeyId, secretAccessKey } = options.access.credentialsOf(arn, form.get('RoleSessionName') ?? '');
    if (!options.access.roleOf(accessKeyId)) {
      send(response, awsError('sts', { status: 403, code: 'AccessDenied', message: `There is no role ${arn}.` }));
      return;
    }
    const expiration = new Date(Date.now() + 3_600_000).toISOString();
    response
      .writeHead(200, { 'content-type': 'text/xml' })
      .end(
        `<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>${accessKeyId}</AccessKeyId><SecretAccessKey>${secretAccessKey}</SecretAccessKey><SessionToken>local</SessionToken><Expiration>${expiration}</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>`,
      );
  }

  function unknown(response: ServerResponse): void {
    answerError(
      response,
      400,
      'UnknownOperationException',
      'The embedded cloud has DynamoDB, DynamoDB Streams, SNS, SQS, Lambda Invoke, and a little of Secrets Manager, Cloud Map and End User Messaging; this request is for none of them.',
    );
  }

  return createGuardedServer((request, response) => {
    handle(request, response).catch((error: Error) => {
      if (response.headersSent) return response.destroy();
      if (error instanceof AccessDenied) return send(response, denied('lambda', error));
      answerError(response, 503, 'ServiceUnavailable', error.message);
    });
  }).on('close', () => agent.destroy());
}

/** How each service says that a caller may not do something. */
function denied(service: string, { message }: AccessDenied) {
  if (service === 'sns') return awsError(service, { status: 403, code: 'AuthorizationError', message });
  return awsError(service, { status: service === 'dynamodb' ? 400 : 403, code: 'AccessDeniedException', message });
}

async function answerHere(handler: AwsHandler, operation: string, request: Buffer, sent: IncomingHttpHeaders) {
  const answered = await handler(operation, request.toString(), sent as Record<string, string>);
  if (!answered) return undefined;
  const headers = { 'content-type': 'application/x-amz-json-1.1' };
  return { status: answered.status, headers, body: Buffer.from(JSON.stringify(answered.body)) };
}

function send(
  response: ServerResponse,
  { status, headers, body }: { status: number; headers: IncomingHttpHeaders; body: string | Buffer },
): void {
  response.writeHead(status, headers).end(body);
}

function answerError(response: ServerResponse, status: number, code: string, message: string): void {
  response
    .writeHead(status, { 'content-type': 'application/x-amz-json-1.1', 'x-amzn-errortype': code })
    .end(JSON.stringify({ __type: code, message, Message: message }));
}
