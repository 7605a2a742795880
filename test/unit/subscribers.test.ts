import { createSubscribers } from '@rollcall/kit/internal/discovery/subscribers';
import { toProblem } from '@rollcall/kit/internal/http/failures';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';

const respondWith = (...bodies: Array<[status: number, body: unknown]>) => {
  const calls: Array<{ url: string; headers: Record<string, string>; body: unknown }> = [];
  vi.stubGlobal('fetch', async (url: URL, { headers, body }: { headers: Record<string, string>; body: string }) => {
    calls.push({ url: url.href, headers, body: JSON.parse(body) });
    const [status, answer] = bodies[Math.min(calls.length, bodies.length) - 1] ?? [500, {}];
    return new Response(JSON.stringify(answer), { status });
  });
  return calls;
};

const registered = (...names: string[]) => ({ Instances: names.map((InstanceId) => ({ InstanceId, Attributes: {} })) });

beforeEach(() => {
  vi.stubEnv('AWS_ENDPOINT_URL', undefined);
  vi.stubEnv('AWS_REGION', 'eu-west-1');
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIDEXAMPLE');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'secret');
});
afterEach(() => {
  vi.unstubAllEnvs();
  vi.unstubAllGlobals();
});

it('the subscribers are requested from the data plane of Cloud Map, signed by the function', async () => {
  const calls = respondWith([200, registered('sms', 'guide')]);
  expect(await createSubscribers('shop-dev')('order-events')).toEqual(['guide', 'sms']);
  expect(calls).toMatchObject([
    {
      url: 'https://data-servicediscovery.eu-west-1.amazonaws.com/',
      headers: {
        'x-amz-target': 'Route53AutoNaming_v20170314.DiscoverInstances',
        authorization: expect.stringMatching(/^AWS4-HMAC-SHA256 .*\/eu-west-1\/servicediscovery\/aws4_request, /),
      },
      body: { NamespaceName: 'shop-dev', ServiceName: 'order-events-subscribers' },
    },
  ]);
});

it('a failed request for the subscribers is repeated once', async () => {
  respondWith([500, {}], [200, registered('guide')]);
  expect(await createSubscribers('shop-dev')('order-events')).toEqual(['guide']);
});

it.each([
  ['refuses', 400, { __type: 'ServiceNotFound' }],
  ['is empty', 200, { Instances: [] }],
  ['returns an invalid response', 200, {}],
])('the subscribers are reported as unknown, which is a 503, if the directory %s', async (_, status, body) => {
  const calls = respondWith([status, body]);
  const error = await createSubscribers('shop-dev')('order-events').catch((caught: unknown) => caught);
  expect(error).toMatchObject({ name: 'SubscribersUnknownError' });
  expect(toProblem(error)).toMatchObject({ status: 503, code: 'busy' });
  expect(calls).toHaveLength(2);
});
