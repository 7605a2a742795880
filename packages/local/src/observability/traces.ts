import { type OtlpRequest, type Span, spansOf } from './otlp.ts';

/** Selects traces by an aggregate, by a message, or by the id of a single trace. */
export interface TraceQuery {
  aggregate?: string;
  message?: string;
  trace?: string;
}

/** The maximum number of spans in memory, which take about 40 MB. */
const MAX_SPANS = 40_000;

const MAX_SPANS_OF_TRACE = 2_000;

const AGGREGATE = 'rollcall.aggregate';
const MESSAGE = 'messaging.message.id';

/** Stores the last traces in memory. If there are too many spans, the oldest trace is dropped as a whole. */
export function createTraces(maxSpans = MAX_SPANS) {
  const traces = new Map<string, Span[]>();
  /** The ids of traces, by aggregate. */
  const ofAggregate = new Map<string, Set<string>>();
  let spanCount = 0;

  function dropOldest(): void {
    const [oldest] = traces;
    if (!oldest) return;
    const [traceId, spans] = oldest;
    traces.delete(traceId);
    spanCount -= spans.length;
    for (const { attributes } of spans) {
      const aggregate = String(attributes[AGGREGATE]);
      const known = ofAggregate.get(aggregate);
      known?.delete(traceId);
      if (known?.size === 0) ofAggregate.delete(aggregate);
    }
  }

  function store(span: Span): void {
    const { traceId, attributes } = span;
    const spans = traces.get(traceId);
    // Drops spans beyond the limit: a load test may send all its requests with the same trace id.
    if (spans && spans.length >= MAX_SPANS_OF_TRACE) return;
    if (spans) spans.push(span);
    else traces.set(traceId, [span]);
    spanCount++;
    const aggregate = attributes[AGGREGATE];
    if (aggregate === undefined) return;
    const known = ofAggregate.get(String(aggregate)) ?? new Set();
    ofAggregate.set(String(aggregate), known.add(traceId));
  }

  function tracesOf({ aggregate, message, trace }: TraceQuery): Iterable<string> {
    if (trace !== undefined) return [trace];
    if (aggregate !== undefined) return ofAggregate.get(aggregate) ?? [];
    if (message === undefined) return [];
    const has = (spans: Span[]) => spans.some(({ attributes }) => attributes[MESSAGE] === message);
    return [...traces].filter(([, spans]) => has(spans)).map(([traceId]) => traceId);
  }

  return {
    /** Stores the spans of an OTLP/HTTP request in JSON. @returns the spans */
    add(request: OtlpRequest): Span[] {
      const spans = spansOf(request);
      for (const span of spans) store(span);
      while (spanCount > maxSpans) dropOldest();
      return spans;
    },

    /** All spans of the traces that match a query, sorted by start time. */
    find: (query: TraceQuery): Span[] =>
      [...tracesOf(query)].flatMap((traceId) => traces.get(traceId) ?? []).sort((a, b) => a.startMs - b.startMs),
  };
}
