import { createFilter } from '@rollcall/local/internal/event-sources/filter';
import { HttpApi } from '@rollcall/local/internal/http/http-api';
import { ApiStage } from '@rollcall/local/internal/http/stage';
import type { LambdaFunction } from '@rollcall/local/internal/lambda/function';
import { close, listen } from '@rollcall/local/internal/server/listen';
import type { AssembledStack } from '@rollcall/local/internal/template/assembly';
import { deploy } from '@rollcall/local/internal/template/deployment';
import type { ResourceInput } from '@rollcall/local/internal/template/resource';
import { describe, expect, it, onTestFinished } from 'vitest';

/**
 * Deploys templates. Only the resource type `Test::Thing` is supported.
 * @returns the resolved properties of each resource, by logical ID
 */
async function deployed(stacks: AssembledStack[], parameters: Record<string, string> = {}) {
  const made: ResourceInput[] = [];
  await deploy(
    { stacks, assetFolder: () => '' },
    {
      region: 'us-east-1',
      accountId: '000000000000',
      parameters,
      ignored: new Set(['Test::Nothing']),
      providers: {
        'Test::Thing': async (input) => {
          made.push(input);
          return { ref: `ref-${input.logicalId}`, attributes: { Arn: `arn-${input.logicalId}` } };
        },
      },
    },
  );
  return new Map(made.map(({ logicalId, properties }) => [logicalId, properties]));
}

const thing = (Properties: Record<string, unknown> = {}) => ({ Type: 'Test::Thing', Properties });

describe('deployment of templates', () => {
  it('resolves intrinsics, whatever the order of the resources', async () => {
    const made = await deployed(
      [
        {
          name: 'stack',
          template: {
            Parameters: { Url: { Type: 'String', Default: 'http://default' }, Other: { Type: 'String', Default: 'x' } },
            Conditions: { IsOther: { 'Fn::Equals': [{ Ref: 'Other' }, 'x'] } },
            Mappings: { Sizes: { small: { memory: 1 } } },
            Resources: {
              A: thing({
                ref: { Ref: 'B' },
                arn: { 'Fn::GetAtt': ['B', 'Arn'] },
                joined: { 'Fn::Join': ['-', ['a', { Ref: 'AWS::Region' }]] },
                substituted: { 'Fn::Sub': '${B}/${B.Arn}/${AWS::AccountId}/${!literal}' },
                selected: { 'Fn::Select': [1, { 'Fn::Split': [',', 'a,b'] }] },
                parameter: { Ref: 'Url' },
                conditional: { 'Fn::If': ['IsOther', 'yes', 'no'] },
                mapped: { 'Fn::FindInMap': ['Sizes', 'small', 'memory'] },
                nothing: { Ref: 'AWS::NoValue' },
              }),
              B: thing(),
            },
          },
        },
      ],
      { Url: 'http://given' },
    );
    expect(made.get('A')).toEqual({
      ref: 'ref-B',
      arn: 'arn-B',
      joined: 'a-us-east-1',
      substituted: 'ref-B/arn-B/000000000000/${literal}',
      selected: 'b',
      parameter: 'http://given',
      conditional: 'yes',
      mapped: 1,
    });
  });

  it('resolves exports of a later stack', async () => {
    const made = await deployed([
      { name: 'reader', template: { Resources: { A: thing({ value: { 'Fn::ImportValue': 'shared' } }) } } },
      {
        name: 'owner',
        template: { Resources: { B: thing() }, Outputs: { O: { Value: { Ref: 'B' }, Export: { Name: 'shared' } } } },
      },
    ]);
    expect(made.get('A')).toEqual({ value: 'ref-B' });
  });

  it('names a resource of an unknown type', async () => {
    const template = { Resources: { Bucket: { Type: 'AWS::S3::Bucket' } } };
    await expect(deployed([{ name: 'stack', template }])).rejects.toThrow(
      'stack: resource Bucket is of type AWS::S3::Bucket, which the embedded cloud does not support.',
    );
  });

  it('reports a parameter that has no value, and how to set it', async () => {
    const template = { Parameters: { Email: { Type: 'String' } }, Resources: { A: thing({ to: { Ref: 'Email' } }) } };
    await expect(deployed([{ name: 'stack', template }])).rejects.toThrow(
      'stack: parameter Email has no value. Set it: rollcall start --parameters Email=…',
    );
  });

  it('names an import without an export, and an unknown attribute', async () => {
    const importing = { Resources: { A: thing({ value: { 'Fn::ImportValue': 'missing' } }) } };
    await expect(deployed([{ name: 'stack', template: importing }])).rejects.toThrow('imports missing');
    const asking = { Resources: { A: thing({ value: { 'Fn::GetAtt': ['B', 'Color'] } }), B: thing() } };
    await expect(deployed([{ name: 'stack', template: asking }])).rejects.toThrow(
      'does not support the attribute Color of B',
    );
  });
});

describe('filter patterns', () => {
  it.each([
    ['{"eventName":["INSERT"]}', { eventName: 'INSERT' }, true],
    ['{"eventName":["INSERT"]}', { eventName: 'REMOVE' }, false],
    ['{"a":{"b":[{"prefix":"x"}]}}', { a: { b: 'xyz' } }, true],
    ['{"a":{"b":[{"exists":false}]}}', { a: {} }, true],
    ['{"a":[{"anything-but":["x"]}]}', { a: 'y' }, true],
    ['{"a":[{"anything-but":["x"]}]}', { a: 'x' }, false],
    ['{"a":[{"anything-but":["x"]}]}', {}, false],
    ['{"a":[{"anything-but":{"prefix":["x","y"]}}]}', { a: 'yz' }, false],
    ['{"a":[{"anything-but":{"prefix":["x","y"]}}]}', { a: 'az' }, true],
    ['{"a":["x"]}', { a: ['z', 'x'] }, true],
    ['{"a":{"b":["x"]}}', { a: [{ b: 'z' }, { b: 'x' }] }, true],
    ['{"a":[{"suffix":"yz"}]}', { a: 'xyz' }, true],
    ['{"a":[{"prefix":{"equals-ignore-case":"XY"}}]}', { a: 'xyz' }, true],
    ['{"a":[{"equals-ignore-case":"XyZ"}]}', { a: 'xYz' }, true],
    ['{"a":[{"wildcard":"x*z"}]}', { a: 'x.y/z' }, true],
    ['{"a":[{"wildcard":"x*z"}]}', { a: 'x.y/' }, false],
    ['{"a":[{"wildcard":"x\\\\*z"}]}', { a: 'x*z' }, true],
    ['{"a":[{"wildcard":"x\\\\*z"}]}', { a: 'xyz' }, false],
    ['{"a":[{"numeric":[">",0,"<=",5]}]}', { a: 5 }, true],
    ['{"a":[{"numeric":[">",0,"<=",5]}]}', { a: 0 }, false],
    ['{"a":[{"numeric":["=",5]}]}', { a: '5' }, false],
    ['{"a":[{"cidr":"10.0.0.0/24"}]}', { a: '10.0.0.7' }, true],
    ['{"a":[{"cidr":"10.0.0.0/24"}]}', { a: '10.0.1.7' }, false],
    ['{"$or":[{"a":["x"]},{"b":["y"]}],"c":["z"]}', { b: 'y', c: 'z' }, true],
    ['{"$or":[{"a":["x"]},{"b":["y"]}],"c":["z"]}', { b: 'n', c: 'z' }, false],
    ['{"a":[null]}', { a: null }, true],
  ])('%s on %j: %s', (pattern, record, matches) => {
    expect(createFilter([pattern])(record)).toBe(matches);
  });

  it('pass everything if there are none, and refuse an unsupported operator', () => {
    expect(createFilter([])({})).toBe(true);
    expect(() => createFilter(['{"a":[{"regex":"x"}]}'])).toThrow('the filter operator regex is not supported');
    expect(() => createFilter(['{"a":[{"numeric":["~",1]}]}'])).toThrow('does not support the comparison ~');
    expect(() => createFilter(['{"a":"x"}'])).toThrow('must be in an array');
  });
});

describe('the HTTP API', () => {
  it('responds with 503, so that clients retry, until its routes are complete and while they are replaced', async () => {
    const api = new HttpApi('api', '000000000000');
    const url = await listen(api.server, 0, 'the API');
    const status = async () => (await fetch(`${url}/v1/members`)).status;
    try {
      expect(await status()).toBe(503);
      api.open();
      expect(await status()).toBe(404);
      api.clearRoutes();
      expect(await status()).toBe(503);
    } finally {
      await close(api.server);
    }
  });

  it.each(['vary', 'Vary'])('combines Vary of CORS with the header %s of the function', async (name) => {
    const api = new HttpApi('api', '000000000000');
    const url = await listen(api.server, 0, 'the API');
    onTestFinished(() => close(api.server));
    const invoke = async () => ({
      ok: true,
      payload: JSON.stringify({ statusCode: 200, headers: { [name]: 'Accept' } }),
    });
    api.addRoute('GET /', () => ({ invoke }) as unknown as LambdaFunction);
    api.cors = { AllowOrigins: ['https://shop.example'] };
    api.addStage(new ApiStage('$default', () => undefined));
    api.open();
    const { headers } = await fetch(url, { headers: { origin: 'https://shop.example' } });
    expect(headers.get('vary')).toBe('Origin, Accept');
  });

  it('reports each response that shows a failure of a function, with its request ID', async () => {
    const api = new HttpApi('api', '000000000000');
    const url = await listen(api.server, 0, 'the API');
    onTestFinished(() => close(api.server));
    const grpc = (status: string) => ({
      statusCode: 200,
      headers: { 'content-type': 'application/grpc-web+proto' },
      isBase64Encoded: true,
      body: Buffer.from(`\x80\0\0\0\x10grpc-status: ${status}\r\n`, 'latin1').toString('base64'),
    });
    const busy = { headers: { 'content-type': 'application/problem+json' }, body: '{"type":"/problems/busy"}' };
    const answers: Record<string, { statusCode: number }> = {
      well: { statusCode: 200 },
      missing: { statusCode: 404 },
      busy: { statusCode: 503, ...busy },
      broken: { statusCode: 500 },
      called: grpc('0'),
      refused: grpc('5'),
      failed: grpc('13'),
    };
    const failures: string[][] = [];
    const invoked: string[] = [];
    const fn = {
      invoke: async (event: string, requestId: string) => {
        const { rawPath } = JSON.parse(event) as { rawPath: string };
        invoked.push(requestId);
        return { ok: true, payload: JSON.stringify(answers[rawPath.slice(1)]) };
      },
      reportFailure: (requestId: string, reason: string) => failures.push([requestId, reason]),
    } as unknown as LambdaFunction;
    api.addRoute('GET /{name}', () => fn);
    api.addStage(new ApiStage('$default', () => undefined));
    api.open();
    for (const [name, { statusCode }] of Object.entries(answers)) {
      expect((await fetch(`${url}/${name}`)).status).toBe(statusCode);
    }
    expect(failures).toEqual([
      [invoked[2], 'it responded to GET /{name} with 503 (/problems/busy)'],
      [invoked[3], 'it responded to GET /{name} with 500'],
      [invoked[6], 'it responded to GET /{name} with grpc-status 13'],
    ]);
  });
});
