import {
  type Attributes,
  context,
  createContextKey,
  isSpanContextValid,
  type Span,
  type SpanKind,
  SpanStatusCode,
  trace,
} from '@opentelemetry/api';
import { parseTraceParent } from '@opentelemetry/core';
import { TraceSafeError } from '../contracts/errors.ts';

export interface SpanOptions {
  kind: SpanKind;
  /**
   * `traceparent` of the parent, from a request or a message. If it is valid and the current span is not the parent,
   * the new span has a link to the current span. If it is invalid or missing, the current span is the parent.
   */
  parent?: string | undefined;
  attributes?: Attributes;
}

/** Fields of every line logged within the span, such as `message_id`. */
export type LogFields = Readonly<Record<string, string>>;

const LOG_FIELDS = createContextKey('log fields');
const MAX_ERROR_CHARACTERS = 300;

/** https://www.w3.org/TR/trace-context/#traceparent-header */
const TRACEPARENT = /^[\da-f]{2}-[\da-f]{32}-[\da-f]{16}-[\da-f]{2}$/;

/**
 * Whether a text has the format of a `traceparent`. The library's own parser also accepts white space around it, and
 * further fields.
 * @beta
 */
export const isTraceparent = (text: string): boolean => TRACEPARENT.test(text);

const tracer = trace.getTracer('rollcall');

/** Starts a span, which the caller must end. Without an exporter, nothing is recorded. */
export function beginSpan(name: string, { kind, parent, attributes = {} }: SpanOptions): Span {
  const active = context.active();
  const parentContext = parent !== undefined && isTraceparent(parent) ? parseTraceParent(parent) : null;
  if (!parentContext) return tracer.startSpan(name, { kind, attributes }, active);
  const current = trace.getSpanContext(active);
  const isOther = current && isSpanContextValid(current) && current.spanId !== parentContext.spanId;
  const links = isOther ? [{ context: current }] : [];
  const withParent = trace.setSpanContext(active, { ...parentContext, isRemote: true });
  return tracer.startSpan(name, { kind, attributes, links }, withParent);
}

/**
 * Records an error on a span. The message is included only for errors of the kit, because other messages may contain
 * personal data.
 */
export function fail(span: Span, error: Error): void {
  const message =
    error instanceof TraceSafeError ? `${error.name}: ${error.message}`.slice(0, MAX_ERROR_CHARACTERS) : error.name;
  span.setStatus({ code: SpanStatusCode.ERROR, message });
}

export function endSpan(span: Span, error?: Error): void {
  if (error) fail(span, error);
  span.end();
}

/** Runs a function within a new span. */
export async function traced<T>(
  name: string,
  { logged, ...options }: SpanOptions & { logged?: LogFields },
  run: (span: Span) => Promise<T>,
): Promise<T> {
  const span = beginSpan(name, options);
  const within = trace.setSpan(context.active(), span);
  try {
    const result = await context.with(logged ? within.setValue(LOG_FIELDS, logged) : within, () => run(span));
    endSpan(span);
    return result;
  } catch (error) {
    endSpan(span, error as Error);
    throw error;
  }
}

/**
 * The trace context for a message created now; undefined without tracing.
 * @public
 */
export function currentTraceparent(): string | undefined {
  const current = trace.getSpanContext(context.active());
  if (!current || !isSpanContextValid(current)) return undefined;
  const { traceId, spanId, traceFlags } = current;
  return `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, '0')}`;
}

/**
 * Records on the current span which aggregate the span is about, and whether the aggregate is new.
 * @beta
 */
export function aboutAggregate(id: string, isNew = false): void {
  trace.getActiveSpan()?.setAttributes({ 'rollcall.aggregate': id, ...(isNew && { 'rollcall.created': true }) });
}

/** The log fields of the current asynchronous context. */
export function logFields(): LogFields {
  const current = trace.getSpanContext(context.active());
  return {
    ...(context.active().getValue(LOG_FIELDS) as LogFields | undefined),
    ...(current && isSpanContextValid(current) && { trace_id: current.traceId, span_id: current.spanId }),
  };
}
