/** A span, flattened from OTLP (https://opentelemetry.io/docs/specs/otlp/#otlphttp-request). */
export interface Span {
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  /** Such as `POST /orders`, `publish order-events` or `process shop.order.created.v1`. */
  name: string;
  kind: 'internal' | 'server' | 'client' | 'producer' | 'consumer';
  /** The attribute `service.name`, such as `orders` or `relay`. */
  service: string;
  /** The attribute `faas.name`: the function that created the span. */
  function: string;
  /** Epoch milliseconds. */
  startMs: number;
  durationMs: number;
  /** The error, if there was one. */
  error?: string;
  attributes: Record<string, string | number | boolean>;
  /** Related spans of other traces, such as the trigger of a publication or the redrive of a message. */
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

/** The spans of an OTLP/HTTP request in JSON. */
export const spansOf = ({ resourceSpans = [] }: OtlpRequest): Span[] =>
  resourceSpans.flatMap(({ resource, scopeSpans = [] }) => {
    const attributes = attributesOf(resource?.attributes);
    const origin = {
      service: String(attributes['service.name'] ?? 'unknown'),
      function: String(attributes['faas.name'] ?? ''),
    };
    return scopeSpans.flatMap(({ spans = [] }) => spans.map((span) => ({ ...spanOf(span), ...origin })));
  });

/**
 * Converts nanoseconds to milliseconds. Uses a BigInt, because a double cannot represent all digits of the nanoseconds.
 */
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
