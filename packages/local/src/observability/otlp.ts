/** A span as it is kept and told here: OTLP's, flattened (https://opentelemetry.io/docs/specs/otlp/#otlphttp-request). */
export interface Span {
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  /** Such as `POST /orders`, `publish order-events` or `process shop.order.created.v1`. */
  name: string;
  kind: 'internal' | 'server' | 'client' | 'producer' | 'consumer';
  /** `service.name`: orders, relay, … */
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

/** What a client of OTLP/HTTP sends, in JSON. */
export const spansOf = ({ resourceSpans = [] }: OtlpRequest): Span[] =>
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
