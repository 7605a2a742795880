import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type {
  About,
  AggregateView,
  Burst,
  Failure,
  Faults,
  LoadPoint,
  ParkedPage,
  Passing,
  Snapshot,
  Switches,
  Topology,
} from 'rollcall/internal/console/api';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { memberIdOf, profileChanged, registered, sqsRecord } from '../support/builders.ts';
import { eventually, newPhone, startTestCloud, type TestCloud } from '../support/cloud.ts';
import { startConsole, type TestConsole } from '../support/console.ts';

const folder = mkdtempSync(join(tmpdir(), 'rollcall-page-'));
let cloud: TestCloud;
let operatorConsole: TestConsole;
beforeAll(async () => {
  writeFileSync(join(folder, 'index.html'), '<title>a page</title>');
  mkdirSync(join(folder, 'assets'));
  writeFileSync(join(folder, 'assets/page-abc.js'), 'export {}');
  cloud = await startTestCloud();
  operatorConsole = await startConsole(cloud, Promise.resolve(folder));
});
afterAll(async () => {
  await operatorConsole.stop();
  await cloud.stop();
  rmSync(folder, { recursive: true });
});

const send = (path: string, method = 'GET', body?: object, headers: Record<string, string> = {}) =>
  fetch(`${operatorConsole.url}${path}`, { method, headers, ...(body && { body: JSON.stringify(body) }) });
async function api<T>(path: string, method = 'GET', body?: object): Promise<T> {
  const response = await send(`/console/api/${path}`, method, body);
  const result = await response.json();
  if (!response.ok) throw new Error(JSON.stringify(result));
  return result as T;
}
/** Returns the status of a request with these headers. `fetch` is not used, because it sets some headers itself. */
function statusOf(path: string, headers: Record<string, string>, url = operatorConsole.url): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  request(`${url}${path}`, { headers }, (response) => {
    response.resume();
    resolve(response.statusCode ?? 0);
  })
    .on('error', reject)
    .end();
  return promise;
}
const person = () => ({ phone: newPhone(), name: 'Lucía', locale: 'es' });

/** Listens to the event stream until `found` returns a result for an event with this name. @returns the result */
async function listenFor<T>(
  event: string,
  found: (data: any) => T | undefined | false,
  url = operatorConsole.url,
): Promise<T> {
  const stopping = new AbortController();
  const response = await fetch(`${url}/console/api/live`, { signal: stopping.signal });
  let text = '';
  try {
    for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
      text += Buffer.from(chunk).toString();
      const events = text.split('\n\n');
      text = events.pop() ?? '';
      for (const one of events) {
        const [, name, data = ''] = /^event: (\w+)\ndata: (.*)$/s.exec(one) ?? [];
        const result = name === event && found(JSON.parse(data));
        if (result) return result;
      }
    }
    throw new Error('the stream ended');
  } finally {
    stopping.abort();
  }
}

/** Parks a registration whose SMS every provider refuses, and the change after it. @returns the ID of the member */
async function parkMember(n: number): Promise<string> {
  const member = memberIdOf(n);
  const one = { ...registered(member), id: `one-${n}`, data: { ...registered(member).data, phone: 'nobody' } };
  for (const [id, message] of [
    ['q1', one],
    ['q2', { ...profileChanged(member, 2), id: `two-${n}` }],
  ] as const)
    await cloud.invoke('rollcall-dev-sms-consume', {
      Records: [sqsRecord(member, `${id}-${n}`, JSON.stringify(message))],
    });
  return member;
}

describe('the console', () => {
  it('serves its page, with cacheable assets', async () => {
    const page = await send('/');
    expect([page.status, await page.text()]).toEqual([200, '<title>a page</title>']);
    expect(page.headers.get('cache-control')).toBe('no-cache');
    const asset = await send('/console/assets/page-abc.js');
    expect([asset.status, asset.headers.get('cache-control')]).toEqual([200, expect.stringContaining('immutable')]);
    const unknownPaths = ['/console/assets/other.js', '/console/..%2f..%2fpackage.js', '/console/api/nothing'];
    for (const path of [...unknownPaths, '/console/api/switches/%E0', '/console/%E0.js', '//'])
      expect((await send(path)).status).toBe(404);
  });

  it('accepts only requests of its own page', async () => {
    const foreignHeaders: Array<Record<string, string>> = [
      { 'sec-fetch-site': 'cross-site' },
      { 'sec-fetch-site': 'same-site' },
      { origin: 'http://evil.example' },
      { host: 'evil.example' },
    ];
    for (const headers of foreignHeaders) expect(await statusOf('/console/api/about', headers)).toBe(403);
    const ownHeaders = { origin: operatorConsole.url, 'sec-fetch-site': 'same-origin' };
    expect(await statusOf('/console/api/about', ownHeaders)).toBe(200);
    // The status endpoint of the cloud is protected, too.
    expect(await statusOf('/_rollcall', { host: 'evil.example' }, cloud.endpointUrl)).toBe(403);
  });

  it('returns the topology of the deployment, and the modes of capabilities', async () => {
    const { nodes, edges } = await api<Topology>('topology');
    expect(nodes.map(({ id }) => id)).toEqual(
      expect.arrayContaining(['table:rollcall-dev-outbox', 'queue:rollcall-dev-sms.fifo', 'provider:sms']),
    );
    expect(edges.length).toBeGreaterThan(20);
    const about = await api<About>('about');
    expect(about).toMatchObject({ stage: 'dev', embedded: true, apiUrl: cloud.apiUrl });
    expect(about.capabilities.sms).toEqual(['pause', 'skip', 'short-text']);
  });

  it('registers a member, and reports every edge that its messages pass', async () => {
    const edges = new Set<string>();
    const seen = listenFor('messages', (messages: Passing[]) => {
      for (const { edge } of messages) edges.add(edge);
      return edges.has('function:rollcall-dev-sms-consume→provider:sms') && edges.size >= 12;
    });
    const { id } = await api<{ id: string }>('create', 'POST', person());
    await seen;
    const topology = await api<Topology>('topology');
    expect(topology.edges.map((edge) => edge.id)).toEqual(expect.arrayContaining([...edges]));
    expect([...edges]).toEqual(
      expect.arrayContaining([
        'client:client→api:rollcall-dev',
        'functions:registration→table:rollcall-dev-outbox',
        'table:rollcall-dev-outbox→function:rollcall-dev-registration-outbox-relay',
        'function:rollcall-dev-registration-outbox-relay→topic:rollcall-dev-member-events.fifo',
        'topic:rollcall-dev-member-events.fifo→queue:rollcall-dev-points.fifo',
        'queue:rollcall-dev-points.fifo→function:rollcall-dev-points-consume',
      ]),
    );
    const load = await eventually(async () => {
      const points = await api<LoadPoint[]>('load');
      return points.some(({ applicationLagMs }) => applicationLagMs) && points;
    });
    expect(load.some(({ createdPerSecond }) => createdPerSecond === 1)).toBe(true);
    expect(load.some(({ publicationLagMs }) => (publicationLagMs?.p50 ?? 0) > 0)).toBe(true);
    expect(await api('aggregates')).toContainEqual({ id, at: expect.any(String) });
  });

  it('records the load of an embedded cloud from its start, even if no page is open', async () => {
    const start = new Date().toISOString();
    await cloud.request('POST', '/v1/members', person());
    const load = await eventually(async () => {
      const points = (await api<LoadPoint[]>('load')).filter(({ at }) => at > start);
      return points.some(({ createdPerSecond }) => createdPerSecond === 1) && points;
    });
    expect(load.every(({ backlog, parked }) => Number.isInteger(backlog) && Number.isInteger(parked))).toBe(true);
  });

  it('shows the errors of a refused request, field by field', async () => {
    const response = await send('/console/api/create', 'POST', { ...person(), phone: '12' });
    expect([response.status, await response.json()]).toMatchObject([422, { errors: [{ pointer: '#/phone' }] }]);
  });

  it('shows everything about one member: timeline, messages, stored items, and the SMS', async () => {
    const { id } = await api<{ id: string }>('create', 'POST', person());
    const view = await eventually(async () => {
      const found = await api<AggregateView>(`aggregates/${id}`);
      return (
        found.sent?.threads[0]?.sent.length === 1 &&
        new Set(found.spans.map(({ service }) => service)).size === 7 &&
        found
      );
    });
    expect(Object.keys(view.holdings)).toEqual(expect.arrayContaining(['registration', 'sms', 'points', 'guide']));
    expect(view.messages.map(({ event }) => event.type)).toContain('rollcall.member.registered.v2');
    expect(new Set(view.spans.map(({ service }) => service))).toEqual(
      new Set(['registration', 'relay', 'sms', 'points', 'guide', 'registration-replies', 'sms-webhooks']),
    );
  });

  it('registers many members at once, and checks the effects', async () => {
    const finished = listenFor('burst', (burst: Burst) => burst.verdict && burst);
    await api('burst', 'POST', { total: 10 });
    expect((await send('/console/api/burst', 'POST', { total: 10 })).status).toBe(409);
    expect(await finished).toEqual({
      total: 10,
      accepted: 10,
      rejected: 0,
      applied: { sms: 10, points: 10, guide: 10 },
      verdict: { lost: 0, duplicated: 0, outOfOrder: 0, parked: 0 },
    });
  });

  it("checks the effects in the services' tables if spans are lost", async () => {
    const untraced = await startTestCloud({ environment: { OTEL_SDK_DISABLED: 'true' } });
    const untracedConsole = await startConsole(untraced, Promise.resolve(folder));
    onTestFinished(async () => {
      await untracedConsole.stop();
      await untraced.stop();
    });
    const finished = listenFor('burst', (burst: Burst) => burst.verdict && burst, untracedConsole.url);
    await fetch(`${untracedConsole.url}/console/api/burst`, { method: 'POST', body: JSON.stringify({ total: 5 }) });
    expect(await finished).toEqual({
      total: 5,
      accepted: 5,
      rejected: 0,
      applied: { sms: 5, points: 5, guide: 5 },
      verdict: { lost: 0, duplicated: 0, outOfOrder: 0, parked: 0 },
    });
  });

  it('shows the last registration of many members to a page that is opened later', async () => {
    expect(await listenFor('burst', (burst: Burst) => burst)).toMatchObject({ total: 10, verdict: { lost: 0 } });
  });

  it('does not count parked messages as lost', async () => {
    await api('faults/providers/http', 'PUT', { kind: 'refuses' });
    const finished = listenFor('burst', (burst: Burst) => burst.total === 3 && burst.verdict && burst);
    await api('burst', 'POST', { total: 3 });
    expect(await finished).toMatchObject({
      applied: { sms: 0, points: 3, guide: 3 },
      verdict: { lost: 0, duplicated: 0, outOfOrder: 0, parked: 3 },
    });
    await api('faults/providers/http', 'DELETE');
    await (await send('/console/api/parked/redrive', 'POST', { subscriber: 'sms' })).text();
    expect((await api<ParkedPage>('parked')).total).toBe(0);
  });

  it('lists parked messages, redrives them with progress, and discards one', async () => {
    const member = await parkMember(70);
    const { total, messages } = await api<ParkedPage>('parked?subscriber=sms&reason=failed');
    expect([total, messages[0]?.aggregateId, messages[0]?.error]).toEqual([1, member, expect.stringContaining('422')]);
    const redriven = await send('/console/api/parked/redrive', 'POST', { subscriber: 'sms', aggregateIds: [member] });
    const lines = (await redriven.text())
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(lines.at(-1)).toEqual({
      done: 1,
      total: 1,
      applied: 0,
      waiting: 1,
      forPerson: 1,
      failures: [{ aggregateId: member, error: expect.stringContaining('422') }],
      finished: true,
    });
    const place = { subscriber: 'sms', aggregateId: member, version: 1 };
    expect((await send('/console/api/parked/discard', 'POST', { ...place, because: ' ' })).status).toBe(422);
    await api('parked/discard', 'POST', { ...place, because: 'a test' });
    const all = await send('/console/api/parked/redrive', 'POST', { subscriber: 'sms' });
    expect(
      (await all.text())
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line))
        .at(-1),
    ).toMatchObject({ applied: 1, finished: true });
    expect(await api<ParkedPage>('parked')).toEqual({ total: 0, messages: [] });
    expect((await send('/console/api/parked?subscriber=nobody')).status).toBe(404);
  });

  it('switches a capability, and shows this in its warnings', async () => {
    const warned = listenFor('snapshot', ({ warnings }: Snapshot) =>
      warnings.some(({ en, zh }) => en === 'switch guide: english-only' && zh === '开关 guide：english-only'),
    );
    const changed = await api<Switches>('switches', 'POST', {
      capability: 'guide',
      mode: 'english-only',
      why: 'a test',
      forSeconds: 600,
    });
    expect(changed.switches).toContainEqual(
      expect.objectContaining({ capability: 'guide', mode: 'english-only', why: 'a test' }),
    );
    expect(await warned).toBe(true);
    const normal = await api<Switches>('switches', 'POST', { profile: 'normal', why: 'the end' });
    expect(normal.switches.every(({ mode }) => mode === 'on')).toBe(true);
    expect(normal.history.some(({ why }) => why === 'a test')).toBe(true);
    const unknown = await send('/console/api/switches', 'POST', { capability: 'guide', mode: 'loud', why: 'x' });
    expect(await unknown.json()).toMatchObject({ status: 409, detail: expect.stringContaining('english-only') });
  });

  it('breaks a provider, and shows the circuit that opens; closes it by hand', async () => {
    await api('faults/providers/http', 'PUT', { kind: 'fails' });
    expect((await api<Faults>('faults')).providers.http).toEqual({ kind: 'fails' });
    const warned = listenFor('snapshot', ({ warnings }: Snapshot) =>
      warnings.some((one) => one.en === 'circuit sms-http: open'),
    );
    // More than half of the calls in the last 30 seconds fail.
    await Promise.all(Array.from({ length: 20 }, () => api('create', 'POST', person())));
    expect(await warned).toBe(true);
    expect(await api('circuits')).toContainEqual(
      expect.objectContaining({ circuit: 'sms-http', because: expect.any(String) }),
    );
    expect((await api<Faults>('faults/providers/http', 'DELETE')).providers.http).toBeNull();
    await api('circuits/sms-http/reset', 'POST');
    expect(await api('circuits')).toContainEqual(expect.objectContaining({ circuit: 'sms-http', state: 'closed' }));
    await api('switches', 'POST', { profile: 'normal', why: 'the end' });
  });

  it('stops a consumer, so that its messages wait, and starts it again', async () => {
    const fn = 'rollcall-dev-guide-consume';
    const stopped = await api<Faults>(`faults/stopped/${fn}`, 'PUT');
    expect(stopped.functions[fn]).toBe(true);
    const waiting = listenFor('snapshot', ({ nodes }: Snapshot) => {
      const queue = nodes['queue:rollcall-dev-guide.fifo'];
      return nodes[`function:${fn}`]?.stopped && (queue?.backlog ?? 0) + (queue?.inFlight ?? 0) > 0;
    });
    const { id } = await api<{ id: string }>('create', 'POST', person());
    await waiting;
    expect(await cloud.items('guide', id)).toEqual([]);
    await api(`faults/stopped/${fn}`, 'DELETE');
    await eventually(async () => (await cloud.items('guide', id)).length > 0);
    expect((await send('/console/api/faults/stopped/nothing', 'PUT')).status).toBe(409);
  });

  it('reports a failed invocation with its function, request, reason and log file', async () => {
    const errors = vi.spyOn(console, 'error').mockImplementation(() => {});
    const functionName = 'rollcall-dev-guide-read';
    await cloud.invoke(functionName, {});
    const failure = await listenFor('failures', (failures: Failure[]) =>
      failures.find((each) => each.functionName === functionName),
    );
    expect(failure.reason).toMatch(/^TypeError: /);
    expect(errors.mock.lastCall?.join()).toBe(
      `${functionName} failed, request ${failure.requestId} (log: ${failure.log}): ${failure.reason}`,
    );
    errors.mockRestore();
    await eventually(async () => readFileSync(failure.log, 'utf8').includes(`REPORT RequestId: ${failure.requestId}`));
  });

  it('delays the responses to the calls that functions make', async () => {
    const timed = async () => {
      const start = performance.now();
      await api('create', 'POST', person());
      return performance.now() - start;
    };
    await api('faults/latency', 'PUT', { ms: 300 });
    // A registration makes several calls to DynamoDB, one after the other.
    expect(await timed()).toBeGreaterThan(300);
    expect((await api<Faults>('faults/latency', 'PUT', { ms: 0 })).latencyMs).toBe(0);
  });
});
