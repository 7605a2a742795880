/** A span as operators see it, wherever it is kept (https://opentelemetry.io/docs/concepts/signals/traces/#spans). */
export interface SpanView {
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  /** Such as `POST /v1/members`, `publish member-events` or `process member-events`. */
  name: string;
  kind: 'internal' | 'server' | 'client' | 'producer' | 'consumer';
  /** `service.name`: registration, relay, sms, points, … */
  service: string;
  startMs: number;
  durationMs: number;
  /** What went wrong, if it did. */
  error?: string;
  attributes: Record<string, string | number | boolean>;
  /** Spans of other traces that this one has to do with: what woke a publish, what redrove a message. */
  links: Array<{ traceId: string; spanId: string }>;
}
