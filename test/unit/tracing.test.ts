import { createServer, type IncomingHttpHeaders } from 'node:http';
import { SpanKind } from '@opentelemetry/api';
import { createObservability } from '@rollcall/kit/internal/observability/observability';
import { currentTraceparent, traced } from '@rollcall/kit/internal/observability/spans';
import { flushed } from '@rollcall/kit/internal/observability/tracing';
import { close, listen } from '@rollcall/local/internal/server/listen';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';

const requests: Array<{ path: string; headers: IncomingHttpHeaders; body: any }> = [];
let status = 200;
const collector = createServer(async (request, response) => {
  const chunks = await Array.fromAsync(request as AsyncIterable<Buffer>);
  requests.push({
    path: request.url ?? '',
    headers: request.headers,
    body: JSON.parse(Buffer.concat(chunks).toString()),
  });
  response.writeHead(status).end('{}');
});
const lines: any[] = [];
let logger: ReturnType<typeof createObservability>['logger'];

beforeAll(async () => {
  vi.stubEnv('OTEL_EXPORTER_OTLP_ENDPOINT', await listen(collector, 0, 'a collector'));
  vi.stubEnv('OTEL_EXPORTER_OTLP_TIMEOUT', '12345');
  vi.stubEnv(
    'OTEL_RESOURCE_ATTRIBUTES',
    'service.namespace=tests, deployment.environment.name=a%20stage,url=https://x?a=b,service.name=another',
  );
  vi.stubEnv('POWERTOOLS_DEV', 'true');
  for (const method of ['warn', 'info'] as const)
    vi.spyOn(console, method).mockImplementation((line) => void lines.push(JSON.parse(line)));
  ({ logger } = createObservability('tested'));
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await close(collector);
});

const PARENT = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00';
const spansOf = ({ body }: (typeof requests)[number]) => body.resourceSpans[0].scopeSpans[0].spans;

it('an invocation sends its spans in one call, in JSON, with the name of the service, and waits at most two seconds', async () => {
  await traced('outer', { kind: SpanKind.CONSUMER, parent: PARENT }, () =>
    traced('inner', { kind: SpanKind.CLIENT }, async () => {}),
  );
  const timeout = vi.spyOn(AbortSignal, 'timeout');
  await flushed(async () => {});
  expect(timeout).toHaveBeenCalledExactlyOnceWith(2_000);
  expect(requests).toHaveLength(1);
  const [request] = requests as [(typeof requests)[number]];
  expect([request.path, request.headers['content-type']]).toEqual(['/v1/traces', 'application/json']);
  expect(request.body.resourceSpans[0].resource.attributes).toContainEqual({
    key: 'service.name',
    value: { stringValue: 'tested' },
  });
  expect(request.body.resourceSpans[0].resource.attributes).toEqual(
    expect.arrayContaining([
      { key: 'service.namespace', value: { stringValue: 'tests' } },
      { key: 'deployment.environment.name', value: { stringValue: 'a stage' } },
      { key: 'url', value: { stringValue: 'https://x?a=b' } },
    ]),
  );
  const [inner, outer] = spansOf(request);
  expect([inner.parentSpanId, outer.parentSpanId]).toEqual([outer.spanId, 'b7ad6b7169203331']);
});

it('every line logged within a span has message and trace ids', async () => {
  await traced('work', { kind: SpanKind.CONSUMER, parent: PARENT, logged: { message_id: 'm1' } }, async () => {
    logger.info('hello');
    const [, trace, span] = (currentTraceparent() ?? '').split('-');
    expect(lines.at(-1)).toMatchObject({ service: 'tested', message_id: 'm1', trace_id: trace, span_id: span });
  });
  logger.info('outside');
  expect(lines.at(-1)).not.toHaveProperty('trace_id');
});

it('if the collector fails, the lost spans are logged, and the invocation succeeds', async () => {
  status = 503;
  await expect(
    traced('work', { kind: SpanKind.CONSUMER }, async () => {
      throw new TypeError('+34612345678');
    }),
  ).rejects.toThrow();
  await flushed(async () => {});
  expect(lines.at(-1)).toMatchObject({ level: 'WARN', message: expect.stringContaining('spans are lost') });
  expect(spansOf(requests.at(-1) as (typeof requests)[number]).at(-1).status).toEqual({
    code: 2,
    message: 'TypeError',
  });
});
