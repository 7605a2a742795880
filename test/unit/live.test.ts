import type { Span } from '@rollcall/local/internal/observability/otlp';
import { createLive } from 'rollcall/internal/console/live';
import type { Topology } from 'rollcall/internal/stage/topology';
import { describe, expect, it } from 'vitest';

const AT = new Date('2026-11-29T12:00:00.000Z');
const node = (kind: Topology['nodes'][number]['kind'], name: string) => ({
  ...{ id: `${kind}:${name}`, kind, name, service: 'sms' },
  resources: [name],
});
const edge = (from: string, to: string, label: string) => ({ id: `${from}→${to}`, from, to, label });
const topology: Topology = {
  nodes: [node('topic', 'events'), node('queue', 'sms'), node('function', 'sms-consume'), node('provider', 'texts')],
  edges: [
    edge('topic:events', 'queue:sms', 'delivers'),
    edge('queue:sms', 'function:sms-consume', 'consumes'),
    edge('function:sms-consume', 'provider:texts', 'calls'),
  ],
};
const span = (some: Partial<Span>): Span => ({
  ...{ traceId: 't', spanId: 's', name: 'process', kind: 'consumer', service: 'sms', function: 'sms-consume' },
  ...{ startMs: AT.getTime(), durationMs: 5, attributes: {}, links: [] },
  ...some,
});
const applied = span({
  attributes: {
    'rollcall.aggregate': 'm',
    'rollcall.receives': 1,
    'rollcall.lag_ms': 80,
    'rollcall.outcome': 'applied',
  },
});
const failedCall = span({ spanId: 'c', parentSpanId: 's', name: 'call', kind: 'client', error: 'it hangs' });

const state = {
  queues: new Map([
    ['sms', { backlog: 3, inFlight: 1 }],
    ['sms-dlq', { backlog: 7, inFlight: 0 }],
  ]),
  outboxes: new Map([['outbox', 2]]),
  parked: new Map([['sms', 4]]),
  stopped: new Set(['sms-consume']),
  warnings: [{ en: 'latency: 5 ms' }],
};

describe('the live picture of a stage', () => {
  it('has the rates of edges with spans, and the error rate of a failed edge', () => {
    const live = createLive(topology);
    live.record({ spans: [applied, failedCall], messages: [] });
    const { snapshot, messages } = live.tick(AT, state);
    expect(snapshot.edges).toEqual({
      'topic:events→queue:sms': { perSecond: 0.2 },
      'queue:sms→function:sms-consume': { perSecond: 0.2 },
      'function:sms-consume→provider:texts': { perSecond: 0.2, errorsPerSecond: 0.2 },
    });
    // The call to the provider has the aggregate of its parent span.
    expect(messages.map(({ edge, aggregateId }) => [edge.split('→')[1], aggregateId])).toEqual([
      ['queue:sms', 'm'],
      ['function:sms-consume', 'm'],
      ['provider:texts', 'm'],
    ]);
  });

  it('shows the state of nodes, and the backlog without dead letters', () => {
    const live = createLive(topology);
    live.record({ spans: [applied], messages: [] });
    const { snapshot } = live.tick(AT, state);
    expect(snapshot.nodes).toEqual({
      'queue:sms': { backlog: 3, inFlight: 1 },
      'function:sms-consume': { perSecond: 0.2, parked: 4, stopped: true },
    });
    const lag = { p50: 80, p99: 80 };
    expect(snapshot.load).toMatchObject({ backlog: 6, parked: 4, appliedPerSecond: 1, applicationLagMs: lag });
    expect(snapshot.warnings).toEqual([{ en: 'latency: 5 ms' }]);
  });

  it('measures the publication lag, and lists new members, the latest first', () => {
    const live = createLive(topology);
    const register = (id: string) =>
      span({ kind: 'server', attributes: { 'rollcall.aggregate': id, 'rollcall.created': true } });
    const body = JSON.stringify({ specversion: '1.0', id: '1', time: '2026-11-29T11:59:59.900Z' });
    live.record({
      spans: [register('a'), register('b')],
      messages: [{ at: AT.toISOString(), channel: 'events', body }],
    });
    expect(live.aggregates().map(({ id }) => id)).toEqual(['b', 'a']);
    expect(live.tick(AT, state).snapshot.load).toMatchObject({
      createdPerSecond: 2,
      publicationLagMs: { p50: 100 },
    });
  });

  it('forgets rates after five seconds', () => {
    const live = createLive(topology);
    live.record({ spans: [applied], messages: [] });
    for (let second = 0; second < 5; second++) expect(live.tick(AT, state).snapshot.edges).not.toEqual({});
    expect(live.tick(AT, state).snapshot.edges).toEqual({});
    expect(live.load()).toHaveLength(6);
  });
});
