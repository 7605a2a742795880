import { type OtlpRequest, type Span, spansOf } from './otlp.ts';

/** Selects traces: by the aggregate that they are about, by a message, or a single trace. */
export interface TraceQuery {
  aggregate?: string;
  message?: string;
  trace?: string;
}

/** About 40 MB. */
const MAX_SPANS = 40_000;

const MAX_OF_TRACE = 2_000;

const AGGREGATE = 'rollcall.aggregate';
const MESSAGE = 'messaging.message.id';

/** The last traces, in memory. The oldest trace is dropped as a whole. */
export function createTraces(maxSpans = MAX_SPANS) {
  const traces = new Map<string, Span[]>();
  /** Traces by aggregate. */
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
    // A load test may send the same trace id all the time.
    if (spans && spans.length >= MAX_OF_TRACE) return;
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
    /** @param request an OTLP/HTTP request in JSON. @returns its spans */
    add(request: OtlpRequest): Span[] {
      const spans = spansOf(request);
      for (const span of spans) store(span);
      while (spanCount > maxSpans) dropOldest();
      return spans;
    },

    /** All spans of the traces that match a query, by start time. */
    find: (query: TraceQuery): Span[] =>
      [...tracesOf(query)].flatMap((traceId) => traces.get(traceId) ?? []).sort((a, b) => a.startMs - b.startMs),
  };
}
