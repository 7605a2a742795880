import type { Happened } from '../../local/control/happened.ts';
import type { SentMessage } from '../../local/messages/sent-messages.ts';
import type { Span } from '../../local/observability/otlp.ts';
import { percentile } from '../demo/verdict.ts';
import { shownEvent } from '../stage/shown-event.ts';
import type { Topology } from '../stage/topology.ts';
import type { Activity, LoadPoint, Passing, Percentiles, RecentMember, Snapshot } from './api.ts';

/** How a stage stands, apart from what passes. */
export interface Standing {
  /** By physical name of the queue. */
  queues: ReadonlyMap<string, { backlog: number; inFlight: number }>;
  outboxRows: number;
  /** By name of the consumer. */
  parked: ReadonlyMap<string, number>;
  /** Functions that were stopped on purpose. */
  stopped: ReadonlySet<string>;
  warnings: string[];
}

/** Rates are those of the last so many seconds. */
const WINDOW_S = 5;
/** Fifteen minutes. */
const MOST_POINTS = 900;
/** More dots a second than anybody could follow. */
const MOST_PASSING = 60;
const MOST_MEMBERS = 200;

interface Counts {
  count: number;
  errors: number;
}

/** What happened in one second. */
interface Second {
  edges: Map<string, Counts>;
  nodes: Map<string, Counts>;
  registrations: number;
  applied: number;
  errors: number;
  publicationLagsMs: number[];
  applicationLagsMs: number[];
}

const newSecond = (): Second => ({
  edges: new Map(),
  nodes: new Map(),
  registrations: 0,
  applied: 0,
  errors: 0,
  publicationLagsMs: [],
  applicationLagsMs: [],
});

/**
 * Makes pictures of what spans say: rates along the topology's edges, lags, and who registered last. All that it keeps is
 * bounded.
 */
export function createLive(topology: Topology) {
  const nodeOf = new Map(topology.nodes.flatMap(({ id, resources }) => resources.map((name) => [name, id] as const)));
  const edgesById = new Map(topology.edges.map((edge) => [edge.id, edge]));
  const into = (node: string, label: string) => topology.edges.find((edge) => edge.to === node && edge.label === label);
  const outboxOf = (node: string) =>
    topology.edges.find(({ from, label }) => from === node && label === 'writes' && from.startsWith('functions:'));
  const client = topology.edges.find(({ from }) => from.startsWith('client:'));

  const seconds: Second[] = [];
  let current = newSecond();
  const points: LoadPoint[] = [];
  const members: RecentMember[] = [];
  let passing: Passing[] = [];

  function edge(from: string | undefined, to: string | undefined): string | undefined {
    const id = `${from}→${to}`;
    return edgesById.has(id) ? id : undefined;
  }

  /** The edges that a span went along, the last one to where it was done. */
  function wayOf(span: Span): Array<string | undefined> {
    const fn = nodeOf.get(span.function);
    switch (span.kind) {
      case 'server': {
        // Not a person's request of a sweep.
        if (span.attributes['http.route'] === undefined) return [];
        const isChange = isDone(span) && !/^(GET|HEAD|OPTIONS)/.test(span.name) && !isRead(span);
        return [client?.id, edge(client?.to, fn), isChange && fn ? outboxOf(fn)?.id : undefined];
      }
      case 'producer': {
        const destination = nodeOf.get(String(span.attributes['messaging.destination.name']));
        return [fn && into(fn, 'stream')?.id, edge(fn, destination)];
      }
      case 'consumer': {
        const consumed = fn && span.attributes['rollcall.receives'] !== undefined ? into(fn, 'consumes') : undefined;
        return [consumed && into(consumed.from, 'delivers')?.id, consumed?.id];
      }
      case 'client':
        return [topology.edges.find(({ from, label }) => from === fn && label === 'calls')?.id];
      default:
        return [];
    }
  }

  function add(counts: Map<string, Counts>, id: string | undefined, failed: boolean): void {
    if (id === undefined) return;
    const known = counts.get(id) ?? { count: 0, errors: 0 };
    counts.set(id, { count: known.count + 1, errors: known.errors + (failed ? 1 : 0) });
  }

  function count(span: Span, aggregateOf: ReadonlyMap<string, string>): void {
    const failed = isFailed(span);
    const { attributes, startMs, durationMs } = span;
    const ids = wayOf(span).filter((id) => id !== undefined);
    for (const [index, id] of ids.entries()) add(current.edges, id, failed && index === ids.length - 1);
    if (span.kind !== 'producer') add(current.nodes, nodeOf.get(span.function), failed);
    if (failed) current.errors++;
    const memberId = attributes['rollcall.aggregate'] ?? aggregateOf.get(span.parentSpanId ?? '');
    if (memberId === undefined) return;
    if (isRegistration(span)) current.registrations++;
    const lagMs = attributes['rollcall.lag_ms'];
    if (lagMs !== undefined) {
      current.applied++;
      current.applicationLagsMs.push(Number(lagMs));
    }
    for (const id of ids) {
      passing.push({
        at: new Date(startMs + durationMs).toISOString(),
        edge: id,
        messageId: String(attributes['messaging.message.id'] ?? ''),
        type: String(attributes['cloudevents.event_type'] ?? span.name),
        memberId: String(memberId),
        ...(attributes['rollcall.outcome'] !== undefined && { outcome: String(attributes['rollcall.outcome']) }),
      });
    }
  }

  /** What is published carries when it was committed. */
  function measurePublication({ channel, at, body }: SentMessage): void {
    if (!nodeOf.get(channel)?.startsWith('topic:')) return;
    const committed = Date.parse(String(shownEvent(body)?.time));
    if (!Number.isNaN(committed)) current.publicationLagsMs.push(Date.parse(at) - committed);
  }

  /** Rates of the window, by id. */
  function ratesOf(which: 'edges' | 'nodes'): Map<string, Activity> {
    const totals = new Map<string, Counts>();
    for (const second of seconds.slice(-WINDOW_S)) {
      for (const [id, { count: more, errors }] of second[which]) {
        const known = totals.get(id) ?? { count: 0, errors: 0 };
        totals.set(id, { count: known.count + more, errors: known.errors + errors });
      }
    }
    const perSecond = (total: number) => Math.round((total / WINDOW_S) * 10) / 10;
    return new Map(
      [...totals].map(([id, total]) => [
        id,
        { perSecond: perSecond(total.count), ...(total.errors > 0 && { errorsPerSecond: perSecond(total.errors) }) },
      ]),
    );
  }

  function nodesOf({ queues, outboxRows, parked, stopped }: Standing): Record<string, Activity> {
    const rates = ratesOf('nodes');
    const activities = topology.nodes.map(({ id, kind, name, resources }): [string, Activity] => {
      const queue = queues.get(resources[0] ?? '');
      const consumer = name.replace(/-consume$/, '');
      return [
        id,
        {
          ...rates.get(id),
          ...queue,
          ...(kind === 'table' && { backlog: outboxRows }),
          ...(name.endsWith('-consume') && { parked: parked.get(consumer) ?? 0 }),
          ...(resources.some((resource) => stopped.has(resource)) && { stopped: true }),
        },
      ];
    });
    return Object.fromEntries(activities.filter(([, activity]) => Object.keys(activity).length > 0));
  }

  function pointOf(at: Date, { queues, outboxRows, parked }: Standing): LoadPoint {
    const publicationLagMs = percentilesOf(current.publicationLagsMs);
    const applicationLagMs = percentilesOf(current.applicationLagsMs);
    const waiting = [...queues].filter(([name]) => !/-(dlq|undelivered)(\.fifo)?$/.test(name));
    return {
      at: at.toISOString(),
      registrationsPerSecond: current.registrations,
      appliedPerSecond: current.applied,
      errorsPerSecond: current.errors,
      backlog: waiting.reduce((sum, [, { backlog, inFlight }]) => sum + backlog + inFlight, outboxRows),
      parked: [...parked.values()].reduce((sum, some) => sum + some, 0),
      ...(publicationLagMs && { publicationLagMs }),
      ...(applicationLagMs && { applicationLagMs }),
    };
  }

  function remember(span: Span): void {
    const memberId = span.attributes['rollcall.aggregate'];
    if (memberId === undefined || !isRegistration(span)) return;
    members.unshift({ id: String(memberId), at: new Date(span.startMs).toISOString() });
    members.length = Math.min(members.length, MOST_MEMBERS);
  }

  return {
    /** Remembers who registered, of what is past already. */
    recall: ({ spans }: Pick<Happened, 'spans'>): void => spans.forEach(remember),

    see({ spans, messages }: Pick<Happened, 'spans' | 'messages'>): void {
      // A call of a provider says nothing of the member; what it was made for does, and comes with it.
      const aggregateOf = new Map(
        spans.flatMap(
          ({ spanId, attributes }): Array<[string, string]> =>
            attributes['rollcall.aggregate'] === undefined ? [] : [[spanId, String(attributes['rollcall.aggregate'])]],
        ),
      );
      for (const span of spans) {
        count(span, aggregateOf);
        remember(span);
      }
      for (const message of messages) measurePublication(message);
    },

    /** Ends a second. @returns how everything does, and a part of what passed in it */
    tick(at: Date, standing: Standing): { snapshot: Snapshot; messages: Passing[] } {
      const load = pointOf(at, standing);
      points.push(load);
      if (points.length > MOST_POINTS) points.shift();
      seconds.push(current);
      if (seconds.length > WINDOW_S) seconds.shift();
      current = newSecond();
      const step = Math.max(1, Math.ceil(passing.length / MOST_PASSING));
      const messages = passing.filter((_, index) => index % step === 0);
      passing = [];
      const edges = Object.fromEntries(ratesOf('edges'));
      return { snapshot: { load, nodes: nodesOf(standing), edges, warnings: standing.warnings }, messages };
    },

    load: (): readonly LoadPoint[] => points,
    members: (): readonly RecentMember[] => members,
  };
}

const isDone = ({ attributes }: Span): boolean => Number(attributes['http.response.status_code'] ?? 0) < 400;

/** RPC reads by POST. */
const isRead = ({ name }: Span): boolean => /\/(Get|Watch)\w+$/.test(name);

const isRegistration = (span: Span): boolean => span.attributes['rollcall.registered'] === true;

const isFailed = ({ error, attributes }: Span): boolean =>
  error !== undefined || Number(attributes['http.response.status_code'] ?? 0) >= 500;

const percentilesOf = (values: readonly number[]): Percentiles | undefined =>
  values.length === 0
    ? undefined
    : { p50: Math.round(percentile(values, 0.5)), p99: Math.round(percentile(values, 0.99)) };
