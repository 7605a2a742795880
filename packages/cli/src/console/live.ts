import type { Happened } from '@rollcall/local/internal/control/recent-events';
import type { SentMessage } from '@rollcall/local/internal/messages/sent-messages';
import type { Span } from '@rollcall/local/internal/observability/otlp';
import { eventForDisplay } from '../stage/event-for-display.ts';
import type { Topology } from '../stage/topology.ts';
import { loadPointOf, nodeActivities, passingMessage, type StageState } from './activity.ts';
import type { LoadPoint, Passing, RecentAggregate, Snapshot } from './api.ts';
import { add, createSeconds } from './seconds.ts';
import { createSpanMapper } from './span-edges.ts';

/** Fifteen minutes, at one point per second. */
const MAX_POINTS = 900;
/** Maximum number of messages reported per second, to limit the dots that the page draws. */
const MAX_PASSING = 60;
const MAX_RECENT = 200;

/**
 * From spans and sent messages, computes the lags, the latest aggregates, and the rates along the edges of the
 * topology. Its memory use is bounded.
 */
export function createLive(topology: Topology) {
  const { nodeOf, edgesOf } = createSpanMapper(topology);
  const seconds = createSeconds();
  const points: LoadPoint[] = [];
  const recent: RecentAggregate[] = [];
  let passing: Passing[] = [];

  function count(span: Span, aggregateOf: ReadonlyMap<string, string>): void {
    const spanEdges = edgesOf(span);
    const aggregateId = span.attributes['rollcall.aggregate'] ?? aggregateOf.get(span.parentSpanId ?? '');
    countActivity(span, spanEdges);
    if (aggregateId === undefined) return;
    countOutcome(span);
    for (const edge of spanEdges) passing.push(passingMessage(span, edge, String(aggregateId)));
  }

  /**
   * Counts a span for its edges and, unless it is a producer span, for its node. If the span failed, only its last edge
   * counts an error, because the message or request passed the earlier edges successfully.
   */
  function countActivity(span: Span, spanEdges: readonly string[]): void {
    const second = seconds.current();
    const errors = isFailed(span) ? 1 : 0;
    for (const [index, id] of spanEdges.entries())
      add(second.edges, id, { count: 1, errors: index === spanEdges.length - 1 ? errors : 0 });
    const node = nodeOf(span.function);
    if (span.kind !== 'producer' && node !== undefined) add(second.nodes, node, { count: 1, errors });
    second.errors += errors;
  }

  function countOutcome(span: Span): void {
    const second = seconds.current();
    if (isCreation(span)) second.created++;
    const lagMs = span.attributes['rollcall.lag_ms'];
    if (lagMs === undefined) return;
    second.applied++;
    second.applicationLagsMs.push(Number(lagMs));
  }

  /** Records the publication lag of a message to a topic, from the commit time in its body. */
  function measurePublication({ channel, at, body }: SentMessage): void {
    if (!nodeOf(channel)?.startsWith('topic:')) return;
    const committed = Date.parse(String(eventForDisplay(body)?.time));
    if (!Number.isNaN(committed)) seconds.current().publicationLagsMs.push(Date.parse(at) - committed);
  }

  function remember(span: Span): void {
    const aggregateId = span.attributes['rollcall.aggregate'];
    if (aggregateId === undefined || !isCreation(span)) return;
    recent.unshift({ id: String(aggregateId), at: new Date(span.startMs).toISOString() });
    recent.length = Math.min(recent.length, MAX_RECENT);
  }

  return {
    /** Records the aggregates of past spans, without counting the spans. */
    recordPast: ({ spans }: Pick<Happened, 'spans'>): void => spans.forEach(remember),

    record({ spans, messages }: Pick<Happened, 'spans' | 'messages'>): void {
      const aggregateOf = aggregatesIn(spans);
      for (const span of spans) {
        count(span, aggregateOf);
        remember(span);
      }
      for (const message of messages) measurePublication(message);
    },

    /** Ends the current second. @returns its snapshot, and a sample of its messages */
    tick(at: Date, state: StageState): { snapshot: Snapshot; messages: Passing[] } {
      const load = loadPointOf(at, seconds.current(), state);
      points.push(load);
      if (points.length > MAX_POINTS) points.shift();
      seconds.end();
      const step = Math.max(1, Math.ceil(passing.length / MAX_PASSING));
      const messages = passing.filter((_, index) => index % step === 0);
      passing = [];
      const nodes = nodeActivities(topology, seconds.ratesOf('nodes'), state);
      const edges = Object.fromEntries(seconds.ratesOf('edges'));
      return { snapshot: { load, nodes, edges, warnings: state.warnings }, messages };
    },

    load: (): readonly LoadPoint[] => points,
    aggregates: (): readonly RecentAggregate[] => recent,
  };
}

/**
 * The aggregates that spans name, by span id. The span of a provider call names no aggregate, but its parent span names
 * one. Both spans are in the same batch.
 */
const aggregatesIn = (spans: readonly Span[]): Map<string, string> =>
  new Map(
    spans.flatMap(({ spanId, attributes }): Array<[string, string]> => {
      const aggregate = attributes['rollcall.aggregate'];
      return aggregate === undefined ? [] : [[spanId, String(aggregate)]];
    }),
  );

const isCreation = (span: Span): boolean => span.attributes['rollcall.created'] === true;

const isFailed = ({ error, attributes }: Span): boolean =>
  error !== undefined || Number(attributes['http.response.status_code'] ?? 0) >= 500;
