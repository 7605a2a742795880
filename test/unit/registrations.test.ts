import { createServer } from 'node:http';
import { close, listen } from '@rollcall/local/internal/server/listen';
import { errorReason } from 'rollcall/internal/parsed-response';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Line } from '../../ops/demo/input.ts';
import { registerAll } from '../../ops/demo/registrations.ts';
import { pauseMs, send } from '../../ops/demo/send.ts';

/** A response of an API, or a broken connection. */
type Scripted = { status: number; body?: string; retryAfter?: string } | 'broken';
interface ReceivedRequest {
  key: string | undefined;
  phone: string;
}

/** An API that responds according to a script. */
async function apiOf(
  script: (request: ReceivedRequest, index: number) => Scripted,
): Promise<{ apiUrl: string; requests: ReceivedRequest[] }> {
  const requests: ReceivedRequest[] = [];
  const server = createServer(async (request, response) => {
    const { phone } = JSON.parse(Buffer.concat(await Array.fromAsync(request)).toString());
    requests.push({ key: request.headers['idempotency-key'] as string, phone });
    const answer = script({ key: request.headers['idempotency-key'] as string, phone }, requests.length - 1);
    if (answer === 'broken') return void request.socket.destroy();
    const { status, body = '', retryAfter = '0' } = answer;
    response.writeHead(status, { 'retry-after': retryAfter }).end(body);
  });
  const apiUrl = await listen(server, 0, 'test');
  onTestFinished(() => close(server));
  return { apiUrl, requests };
}

const problem = (status: number, detail: string, type = '/problems/x') =>
  ({ status, body: JSON.stringify({ type, title: 'X', status, detail }) }) as const;
const message = (status: number, text: string) => ({ status, body: JSON.stringify({ message: text }) }) as const;

describe('a request', () => {
  it('is repeated with its key until it gets a final response', async () => {
    const answers: Scripted[] = [
      problem(429, 'Too many.'),
      { status: 500 },
      'broken',
      message(503, 'No.'),
      { status: 201, body: '{"id":1}' },
    ];
    const { apiUrl, requests } = await apiOf((_, index) => answers[index] ?? 'broken');
    const sent = await send(apiUrl, 'POST', { phone: '+1' }, { 'idempotency-key': 'k' });
    expect(sent).toEqual({ status: 201, body: { id: 1 }, outcomeUnknown: false });
    expect(requests.map(({ key }) => key)).toEqual(['k', 'k', 'k', 'k', 'k']);
  });

  it.each<[string, Scripted[], boolean]>([
    ['known after a refusal', [problem(422, 'No.')], false],
    ['known after temporary refusals', [problem(429, 'Later.'), problem(503, 'Later.', '/problems/read-only')], false],
    [
      'unknown if the service was busy, because it may have processed the request',
      [problem(503, 'Busy.', '/problems/busy')],
      true,
    ],
    ['unknown after a broken connection', ['broken'], true],
    ['unknown after a failure of the server', [{ status: 500 }], true],
    ['unknown after a gateway gave up waiting', [message(503, 'Service Unavailable')], true],
    ['unknown if an earlier attempt may have been processed', ['broken', problem(429, 'Later.')], true],
    ['known if the last response covers the earlier attempts', ['broken', problem(409, 'Taken.')], false],
  ])('has an outcome that is %s', async (_, answers, outcomeUnknown) => {
    const { apiUrl, requests } = await apiOf((_, index) => answers[index] ?? 'broken');
    const sent = await send(apiUrl, 'POST', {}, {}, answers.length);
    expect([sent.outcomeUnknown, requests.length]).toEqual([outcomeUnknown, answers.length]);
  });

  it.each<[string, number, string | null, number]>([
    ['200 milliseconds after the first attempt', 1, null, 200],
    ['at most a second', 9, null, 1_000],
    ['for the seconds in Retry-After', 1, '12', 12_000],
    ['until the date in Retry-After', 1, 'Sat, 21 Nov 2026 10:00:07 GMT', 7_000],
    ['zero milliseconds for a past date', 1, 'Sat, 21 Nov 2026 09:00:00 GMT', 0],
    ['at most 30 seconds', 1, '3600', 30_000],
    ['the default time for an invalid Retry-After', 1, 'soon', 200],
  ])('that fails temporarily waits %s', (_, attempt, retryAfter, expected) => {
    expect(pauseMs(attempt, retryAfter, Date.parse('2026-11-21T10:00:00Z'))).toBe(expected);
  });
});

describe('the reason of a refusal', () => {
  const errors = [
    { pointer: '#/phone', detail: 'must be a mobile' },
    { pointer: '#', detail: 'must be an object' },
  ];
  it.each<[string, number, unknown, string]>([
    [
      'a problem with fields',
      422,
      { title: 'X', detail: 'See errors.', errors },
      'phone must be a mobile; body must be an object',
    ],
    ['a problem without fields', 409, { title: 'Conflict', detail: 'Taken.' }, 'Taken.'],
    ['a problem with a title only', 409, { title: 'Conflict', errors: [] }, 'Conflict'],
    ['a response of the gateway', 413, { message: 'Request Entity Too Large' }, '413 Request Entity Too Large'],
    ['a response of a proxy', 502, '<html>', '502 Bad Gateway'],
    ['an empty response', 403, '', '403 Forbidden'],
    ['JSON null', 403, null, '403 Forbidden'],
    ['JSON in another form', 400, { errors: 'many', detail: 7 }, '400 Bad Request'],
    ['a response with an unknown status', 499, '', '499 (no reason given)'],
  ])('is derived from %s', (_, status, body, reason) => {
    expect(errorReason({ status, body })).toBe(reason);
  });
});

describe('registering', () => {
  it('rejects each failed line with its reason, and continues', async () => {
    const script: Record<string, Scripted> = {
      large: message(413, 'Request Entity Too Large'),
      invalid: problem(422, 'Not so.'),
      proxy: { status: 502, body: '<html>' },
      busy: problem(503, 'The service is busy.'),
      'read-only': problem(503, 'Nothing can be changed.', '/problems/read-only'),
      broken: 'broken',
      empty: { status: 404 },
    };
    const { apiUrl, requests } = await apiOf(
      ({ phone }) => script[phone] ?? { status: 201, body: JSON.stringify({ id: phone, phone }) },
    );
    async function* lines(): AsyncGenerator<Line> {
      for (const [index, phone] of [...Object.keys(script), 'good'].entries())
        yield { line: index + 2, person: { phone } };
      yield { line: 10, problem: 'no JSON' };
    }
    const { accepted, rejected } = await registerAll(lines(), {
      apiUrl,
      token: '',
      concurrency: 8,
      changeEvery: 0,
      onProgress: () => {},
    });
    expect(accepted).toMatchObject([{ member: { phone: 'good' } }]);
    expect(rejected).toEqual([
      { line: 2, reason: '413 Request Entity Too Large' },
      { line: 3, reason: 'Not so.' },
      { line: 4, reason: 'outcome unknown, the member may be registered: 502 Bad Gateway' },
      { line: 5, reason: 'outcome unknown, the member may be registered: The service is busy.' },
      { line: 6, reason: 'Nothing can be changed.' },
      {
        line: 7,
        reason: expect.stringMatching(/^outcome unknown, the member may be registered: no response: fetch failed: /),
      },
      { line: 8, reason: '404 Not Found' },
      { line: 10, reason: 'no JSON' },
    ]);
    const keys = Map.groupBy(requests, ({ phone }) => phone);
    expect([...keys.values()].every((attempts) => new Set(attempts.map(({ key }) => key)).size === 1)).toBe(true);
    expect(new Set(requests.map(({ key }) => key)).size).toBe(8);
  });
});
