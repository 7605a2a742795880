import { request } from 'node:http';
import { createAccessLog } from '@rollcall/local/internal/http/access-log';
import type { Cors } from '@rollcall/local/internal/http/cors';
import { HttpApi } from '@rollcall/local/internal/http/http-api';
import { ApiStage } from '@rollcall/local/internal/http/stage';
import type { LambdaFunction } from '@rollcall/local/internal/lambda/function';
import { close, listen } from '@rollcall/local/internal/server/listen';
import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { functionResources, startSmallCloud } from '../support/small-cloud.ts';

const PATIENCE = { timeout: 60_000 };

interface Options {
  stage?: string;
  /** The format of the access log. */
  format?: string;
  answer?: (event: APIGatewayProxyEventV2) => unknown;
  cors?: Cors;
}

/** Starts an API that sends all routes to one function. */
async function startApi({ stage = '$default', format, answer = () => 'fine', cors }: Options = {}) {
  const api = new HttpApi('abc', '000000000000');
  const url = await listen(api.server, 0, 'the API');
  onTestFinished(() => close(api.server));
  const lines: string[] = [];
  const failures: string[] = [];
  const events: APIGatewayProxyEventV2[] = [];
  const fn = {
    async invoke(payload: string) {
      events.push(JSON.parse(payload));
      const result = await answer(JSON.parse(payload));
      return result instanceof Error
        ? { ok: false, payload: JSON.stringify({ errorType: result.name, errorMessage: result.message }) }
        : { ok: true, payload: JSON.stringify(result) };
    },
    reportFailure: (_: string, reason: string) => failures.push(reason),
  } as unknown as LambdaFunction;
  const claims = { sub: 'ana' };
  api.addRoute('ANY /things/{id}', () => fn);
  api.addRoute(
    'GET /mine',
    () => fn,
    async () => ({ authorizer: { jwt: { claims } } }),
  );
  api.addRoute(
    'GET /closed',
    () => fn,
    async () => ({ refused: 401 }),
  );
  api.addRoute(
    'GET /broken',
    () => fn,
    async () => Promise.reject(new Error('the token issuer is unavailable')),
  );
  const log = format === undefined ? undefined : createAccessLog(format, (line) => lines.push(line));
  api.cors = cors;
  api.addStage(new ApiStage(stage, () => undefined, log));
  api.open();
  const send = async (path: string, init?: RequestInit) => {
    const response = await fetch(`${url}${path}`, init);
    return { status: response.status, headers: response.headers, body: await response.text() };
  };
  /** Waits for this number of log lines, because a line is written after the response. @returns the last line */
  const logged = (count: number) => vi.waitUntil(() => lines.length >= count && lines.at(-1), PATIENCE);
  return { url, send, events, failures, logged };
}

// https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-logging-variables.html
describe('the access log of an API', () => {
  it('contains the values of the variables in its format', async () => {
    const { send, url, logged } = await startApi({
      format: [
        '{"who":"$context.authorizer.claims.sub","what":"$context.httpMethod $context.path $context.protocol"',
        '"api":"$context.accountId/$context.apiId/$context.stage","route":"$context.routeKey"',
        '"ip":"$context.identity.sourceIp","agent":"$context.identity.userAgent","host":"$context.domainName"',
        '"status":$context.status,"length":$context.responseLength,"of":"$context.integration.status"}',
      ].join(),
    });
    await send('/mine', { headers: { 'user-agent': 'test' } });
    expect(JSON.parse((await logged(1)) ?? '')).toEqual({
      ...{ who: 'ana', what: 'GET /mine HTTP/1.1', api: '000000000000/abc/$default', route: 'GET /mine' },
      ...{ ip: '127.0.0.1', agent: 'test', host: url.slice('http://'.length), status: 200, length: 4, of: '200' },
    });
  });

  it('has times, and the ids of the request and of its invocation', async () => {
    const { send, events, logged } = await startApi({
      format: [
        '$context.requestTime $context.requestTimeEpoch $context.requestId $context.extendedRequestId',
        '$context.responseLatency $context.integrationLatency $context.integration.requestId',
      ].join(' '),
    });
    await send('/mine');
    const line = await logged(1);
    expect(line).toMatch(/^\d\d\/[A-Z][a-z]{2}\/\d{4}:\d\d:\d\d:\d\d \+0000 \d{13} (\S{36}) \1 \d+ \d+ \S{36}$/);
    const { requestId, time, timeEpoch } = events[0]?.requestContext ?? {};
    expect(line).toContain(`${time} ${timeEpoch} ${requestId} `);
  });

  it('contains the reason for a response of API Gateway itself, and - for missing values', async () => {
    const format =
      '$context.status $context.routeKey $context.error.message $context.error.messageString $context.authorizer.error $context.integration.error $context.authorizer.claims.sub $context.nonsense';
    const { send, logged } = await startApi({ format, answer: () => new Error('broken') });
    await send('/nowhere');
    expect(await logged(1)).toBe('404 - Not Found "Not Found" - - - -');
    await send('/closed');
    expect(await logged(2)).toBe('401 GET /closed Unauthorized "Unauthorized" Unauthorized - - -');
    await send('/things/1');
    expect(await logged(3)).toBe('500 ANY /things/{id} Internal Server Error "Internal Server Error" - broken - -');
    const printed = vi.spyOn(console, 'error').mockReturnValue();
    onTestFinished(() => printed.mockRestore());
    expect(await send('/broken')).toMatchObject({ status: 500, body: '{"message":"Internal Server Error"}' });
    expect(await logged(4)).toMatch(/^500 GET \/broken /);
    expect(printed).toHaveBeenCalledOnce();
  });
});

// https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html
describe('the quotas of an API', () => {
  it('are 10,240 bytes for the request line and the values of headers', async () => {
    const { send, events } = await startApi();
    expect((await send('/things/1', { headers: { large: 'x'.repeat(10_000) } })).status).toBe(200);
    expect(await send('/things/1', { headers: { large: 'x'.repeat(10_240) } })).toMatchObject({
      status: 431,
      body: '{"message":"Request Header Fields Too Large"}',
    });
    expect((await send(`/things/${'x'.repeat(10_240)}`)).status).toBe(431);
    expect(events).toHaveLength(1);
  });

  it('are 10 MB for the body, and 6 MB for the event that Lambda gets', async () => {
    const { send, events } = await startApi();
    const put = (bytes: number) => send('/things/1', { method: 'PUT', body: 'x'.repeat(bytes) });
    const tooLarge = { status: 413, body: '{"message":"Request Entity Too Large"}' };
    expect(await put(10 * 1024 ** 2 + 1)).toMatchObject(tooLarge);
    expect(await put(6 * 1024 ** 2)).toMatchObject(tooLarge);
    expect(events).toHaveLength(0);
    expect((await put(5 * 1024 ** 2)).status).toBe(200);
  });
});

// https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
describe('the response of a function', () => {
  it('may have null for headers, cookies and body', async () => {
    const { send } = await startApi({
      answer: () => ({ statusCode: 201, headers: null, cookies: null, body: null }),
      format: '$context.status',
    });
    expect(await send('/things/1')).toMatchObject({ status: 201, body: '' });
  });

  it('is reported as a failure even if its problem document is invalid', async () => {
    const headers = { 'content-type': 'application/problem+json' };
    const { send, failures } = await startApi({ answer: () => ({ statusCode: 503, headers, body: 'busy' }) });
    expect((await send('/things/1')).status).toBe(503);
    expect(failures).toEqual(['it responded to ANY /things/{id} with 503']);
  });

  it.each([
    ['a string', 'Hello', 'Hello'],
    ['an object without a status', { message: 'Hello' }, '{"message":"Hello"}'],
  ])('becomes the body if it is %s', async (_, result, body) => {
    const answer = await (await startApi({ answer: () => result })).send('/things/1');
    expect(answer).toMatchObject({ status: 200, body });
    expect(answer.headers.get('content-type')).toBe('application/json');
  });

  it.each([
    ['an invalid status', { statusCode: 'good' }],
    ['a body that is not a string', { statusCode: 200, body: { a: 1 } }],
    ['a status outside of the range of HTTP', { statusCode: 1000, headers: { secret: 'x' }, cookies: ['a=b'] }],
    ['an invalid header name', { statusCode: 200, headers: { secret: 'x', 'not a name': '1' } }],
    ['an invalid header value', { statusCode: 200, headers: { name: 'two\nlines' } }],
  ])('makes the API return an error if it has %s', async (_, result) => {
    const { send, failures } = await startApi({ answer: () => result });
    const { status, body, headers } = await send('/things/1');
    expect([status, body]).toEqual([500, '{"message":"Internal Server Error"}']);
    expect([headers.get('set-cookie'), headers.get('secret')]).toEqual([null, null]);
    expect(failures).toEqual([expect.stringContaining('API Gateway cannot forward its response')]);
  });

  it('has a content length if it has a body', async () => {
    const { send } = await startApi({
      answer: ({ rawPath }) => ({ statusCode: Number(rawPath.split('/')[2]), body: 'ö'.repeat(3) }),
    });
    expect((await send('/things/200')).headers.get('content-length')).toBe('6');
    expect((await send('/things/204')).headers.get('content-length')).toBeNull();
  });
});

// https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
it('the values of a repeated header, or of a repeated query parameter, are joined with a comma', async () => {
  const { url, events } = await startApi();
  const sent = Promise.withResolvers<void>();
  const headers = ['host', new URL(url).host, 'Header1', 'value1', 'Header1', 'value2', 'Header2', 'a, b'];
  request(`${url}/things/1?parameter1=value1&parameter1=value2`, { headers }, (answer) =>
    answer.on('end', sent.resolve).resume(),
  ).end();
  await sent.promise;
  expect(events[0]).toMatchObject({
    headers: { header1: 'value1,value2', header2: 'a, b' },
    queryStringParameters: { parameter1: 'value1,value2' },
  });
});

// https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-cors.html
describe('the CORS configuration of an API', () => {
  const corsHeaders = async (cors: Cors, origin: string) => {
    const { send } = await startApi({ cors, answer: () => ({ statusCode: 200, headers: CORS_OF_FUNCTION }) });
    const { headers } = await send('/things/1', { headers: { origin } });
    return Object.fromEntries([...headers].filter(([name]) => name.startsWith('access-control-') || name === 'vary'));
  };
  const CORS_OF_FUNCTION = { 'Access-Control-Allow-Origin': 'https://other.example', 'x-own': '1' };

  it.each([
    [{ AllowOrigins: ['*'] }, { 'access-control-allow-origin': '*' }],
    [
      { AllowOrigins: ['https://*'], AllowCredentials: true },
      {
        'access-control-allow-origin': 'https://shop.example',
        'access-control-allow-credentials': 'true',
        vary: 'Origin',
      },
    ],
  ])('determines the CORS headers of every response, whatever the function returns: %j', async (cors, result) => {
    expect(await corsHeaders(cors, 'https://shop.example')).toEqual(result);
  });

  it('refuses a page with another scheme', async () => {
    const { send } = await startApi({ cors: { AllowOrigins: ['https://*'] } });
    expect((await send('/things/1', { headers: { origin: 'http://shop.example' } })).status).toBe(403);
  });
});

// https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-stages.html
describe('a stage with a name', () => {
  it('is the prefix of every path, also for the function; other paths are not found', async () => {
    const { send, events } = await startApi({ stage: 'prod' });
    expect((await send('/things/1')).status).toBe(404);
    expect((await send('/production/things/1')).status).toBe(404);
    expect((await send('/prod/things/1?a=b')).status).toBe(200);
    expect(events).toMatchObject([
      {
        ...{
          routeKey: 'ANY /things/{id}',
          rawPath: '/prod/things/1',
          rawQueryString: 'a=b',
          pathParameters: { id: '1' },
        },
        requestContext: { stage: 'prod', http: { path: '/prod/things/1' } },
      },
    ]);
  });

  it('is not added to a Location, so an absolute path leads out of the stage', async () => {
    const answer = () => ({ statusCode: 201, headers: { location: '/things/1' } });
    const { send } = await startApi({ stage: 'prod', answer });
    const location = (await send('/prod/things/1')).headers.get('location') ?? '';
    expect([location, (await send(location)).status]).toEqual(['/things/1', 404]);
  });
});

/** A function at `GET /things` of an API with the stage `prod`. */
const apiResources = ({ integration = {}, stage = {}, route = {} }: Record<string, object> = {}) => {
  const api = { ApiId: { Ref: 'Api' } };
  return {
    ...functionResources('shop', 'shop'),
    Api: { Type: 'AWS::ApiGatewayV2::Api', Properties: { ProtocolType: 'HTTP' } },
    Stage: { Type: 'AWS::ApiGatewayV2::Stage', Properties: { ...api, StageName: 'prod', ...stage } },
    Integration: {
      Type: 'AWS::ApiGatewayV2::Integration',
      Properties: {
        ...{ ...api, IntegrationType: 'AWS_PROXY', PayloadFormatVersion: '2.0' },
        IntegrationUri: { 'Fn::GetAtt': ['Function', 'Arn'] },
        ...integration,
      },
    },
    Route: {
      Type: 'AWS::ApiGatewayV2::Route',
      Properties: { ...api, RouteKey: 'GET /things', Target: { 'Fn::Sub': 'integrations/${Integration}' }, ...route },
    },
    Permission: {
      Type: 'AWS::Lambda::Permission',
      Properties: {
        ...{
          FunctionName: { Ref: 'Function' },
          Action: 'lambda:InvokeFunction',
          Principal: 'apigateway.amazonaws.com',
        },
        SourceArn: { 'Fn::Sub': 'arn:aws:execute-api:us-east-1:000000000000:${Api}/prod/*/things' },
      },
    },
  };
};

// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-apigatewayv2-integration.html
describe('the integration of a route', () => {
  it('responds with 503 after its timeout', async () => {
    const code = { shop: 'export const handler = () => new Promise((resolve) => setTimeout(resolve, 20_000));' };
    const resources = apiResources({ integration: { TimeoutInMillis: 50 } });
    await using cloud = await startSmallCloud({ resources, code });
    expect(await cloud.request('GET', '/prod/things')).toMatchObject({ status: 503 });
  });

  it.each([
    ['RequestParameters', { integration: { RequestParameters: { 'append:header.a': '1' } } }],
    ['ResponseParameters', { integration: { ResponseParameters: { 200: {} } } }],
    ['CredentialsArn', { integration: { CredentialsArn: 'arn' } }],
    ['TimeoutInMillis', { integration: { TimeoutInMillis: 30_001 } }],
    ['RequestParameters', { route: { RequestParameters: { a: {} } } }],
  ])(
    'is refused at start with the name of a property that is unsupported or out of range: %s %j',
    async (name, more) => {
      const code = { shop: 'export const handler = () => {};' };
      await expect(startSmallCloud({ resources: apiResources(more), code })).rejects.toThrow(name);
    },
  );
});

it('a template sets the stage of an API and its access log, which is stored beside the logs of functions', async () => {
  const DestinationArn = 'arn:aws:logs:us-east-1:000000000000:log-group:/aws/apigateway/shop-api';
  const AccessLogSettings = { DestinationArn, Format: '$context.routeKey $context.status' };
  const resources = apiResources({ stage: { AccessLogSettings } });
  const code = { shop: `export const handler = async () => 'x'.repeat(6 * 1024 ** 2 + 1_000);` };
  await using cloud = await startSmallCloud({ resources, code });
  // The response of the function exceeds the limit of Lambda.
  expect(await cloud.request('GET', '/prod/things')).toMatchObject({
    status: 500,
    body: { message: 'Internal Server Error' },
  });
  await vi.waitUntil(() => cloud.logs('shop-api').length > 0, PATIENCE);
  expect(cloud.logs('shop-api')).toEqual(['GET /things 500']);
});

it('a request is logged even if its client disconnects', async () => {
  const [received, finished] = [Promise.withResolvers<void>(), Promise.withResolvers<string>()];
  const answer = () => {
    received.resolve();
    return finished.promise;
  };
  const { url, logged } = await startApi({ format: '$context.path $context.status', answer });
  const client = request(`${url}/things/1`).on('error', () => {});
  client.end();
  await received.promise;
  client.destroy();
  // There was no response.
  expect(await logged(1)).toBe('/things/1 -');
  finished.resolve('too late');
});
