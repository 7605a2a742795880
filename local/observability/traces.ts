/** A span as it is kept and told here: OTLP's, flattened (https://opentelemetry.io/docs/specs/otlp/#otlphttp-request). */
export interface Span {
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  /** Such as `POST /v1/members`, `publish member-events` or `process rollcall.member.registered.v1`. */
  name: string;
  kind: 'internal' | 'server' | 'client' | 'producer' | 'consumer';
  /** `service.name`: registration, relay, sms, points, … */
  service: string;
  /** `faas.name`: the function that did it. */
  function: string;
  /** Epoch. */
  startMs: number;
  durationMs: number;
  /** What went wrong, if it did. */
  error?: string;
  attributes: Record<string, string | number | boolean>;
  /** Spans of other traces that this one has to do with: what woke a publish, what redrove a message. */
  links: Array<{ traceId: string; spanId: string }>;
}

/** What to look for: the aggregate that traces are about, a message, or one trace. */
export interface TraceQuery {
  aggregate?: string;
  message?: string;
  trace?: string;
}

/** Some 3,000 registrations, in some 40 MB. */
const MOST_SPANS = 40_000;

const MOST_OF_TRACE = 2_000;

const AGGREGATE = 'rollcall.aggregate';
const MESSAGE = 'messaging.message.id';

/** The last traces, in memory. A trace goes as a whole, the oldest first. */
export function createTraces(most = MOST_SPANS) {
  const traces = new Map<string, Span[]>();
  /** The traces that say something of an aggregate. */
  const ofAggregate = new Map<string, Set<string>>();
  let kept = 0;

  function forgetOldest(): void {
    const [oldest] = traces;
    if (!oldest) return;
    const [traceId, spans] = oldest;
    traces.delete(traceId);
    kept -= spans.length;
    for (const { attributes } of spans) {
      const aggregate = String(attributes[AGGREGATE]);
      const known = ofAggregate.get(aggregate);
      known?.delete(traceId);
      if (known?.size === 0) ofAggregate.delete(aggregate);
    }
  }

  function keep(span: Span): void {
    const { traceId, attributes } = span;
    const spans = traces.get(traceId);
    // A load test may send one and the same trace id all the time.
    if (spans && spans.length >= MOST_OF_TRACE) return;
    if (spans) spans.push(span);
    else traces.set(traceId, [span]);
    kept++;
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
    /** @param request as a client of OTLP/HTTP sends it, in JSON. @returns what it had */
    add(request: OtlpRequest): Span[] {
      const spans = spansOf(request);
      for (const span of spans) keep(span);
      while (kept > most) forgetOldest();
      return spans;
    },

    /** All spans of the traces that a query means, by start. */
    find: (query: TraceQuery): Span[] =>
      [...tracesOf(query)].flatMap((traceId) => traces.get(traceId) ?? []).sort((a, b) => a.startMs - b.startMs),
  };
}

interface OtlpValue {
  stringValue?: string;
  intValue?: number | string;
  doubleValue?: number;
  boolValue?: boolean;
}

interface OtlpAttribute {
  key: string;
  value: OtlpValue;
}

interface OtlpSpan {
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  name: string;
  kind: number;
  startTimeUnixNano: string;
  endTimeUnixNano: string;
  attributes?: OtlpAttribute[];
  links?: Array<{ traceId: string; spanId: string }>;
  status?: { code?: number; message?: string };
}

export interface OtlpRequest {
  resourceSpans?: Array<{
    resource?: { attributes?: OtlpAttribute[] };
    scopeSpans?: Array<{ spans?: OtlpSpan[] }>;
  }>;
}

const KINDS = ['internal', 'internal', 'server', 'client', 'producer', 'consumer'] as const;
const ERROR = 2;

const spansOf = ({ resourceSpans = [] }: OtlpRequest): Span[] =>
  resourceSpans.flatMap(({ resource, scopeSpans = [] }) => {
    const about = attributesOf(resource?.attributes);
    const from = { service: String(about['service.name'] ?? 'unknown'), function: String(about['faas.name'] ?? '') };
    return scopeSpans.flatMap(({ spans = [] }) => spans.map((span) => ({ ...spanOf(span), ...from })));
  });

/** A number of nanoseconds has more digits than a double. */
const msOf = (nanos: string) => Number(BigInt(nanos) / 1000n) / 1000;

function spanOf(span: OtlpSpan): Omit<Span, 'service' | 'function'> {
  const { traceId, spanId, parentSpanId, name, kind, status, links = [] } = span;
  const startMs = msOf(span.startTimeUnixNano);
  return {
    traceId,
    spanId,
    ...(parentSpanId && { parentSpanId }),
    name,
    kind: KINDS[kind] ?? 'internal',
    startMs,
    durationMs: Math.max(0, msOf(span.endTimeUnixNano) - startMs),
    ...(status?.code === ERROR && { error: status.message ?? 'failed' }),
    attributes: attributesOf(span.attributes),
    links: links.map((link) => ({ traceId: link.traceId, spanId: link.spanId })),
  };
}

const attributesOf = (attributes: OtlpAttribute[] = []) =>
  Object.fromEntries(attributes.map(({ key, value }) => [key, plain(value)]));

function plain({ stringValue, intValue, doubleValue, boolValue }: OtlpValue): string | number | boolean {
  if (intValue !== undefined) return Number(intValue);
  return stringValue ?? doubleValue ?? boolValue ?? '';
}
