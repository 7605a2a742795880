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
import { TellableError } from '../contracts/errors.ts';

export interface SpanOptions {
  kind: SpanKind;
  /**
   * `traceparent` of what it belongs to, as a request or a message carried it; what is being done at the time is linked.
   * Without: it belongs to what is being done at the time.
   */
  parent?: string | undefined;
  attributes?: Attributes;
}

/** Fields of every line that is logged meanwhile, such as `message_id`. */
export type LogFields = Readonly<Record<string, string>>;

const LOG_FIELDS = createContextKey('log fields');
const MAX_ERROR_CHARACTERS = 300;

/** https://www.w3.org/TR/trace-context/#traceparent-header */
const TRACEPARENT = /^[\da-f]{2}-[\da-f]{32}-[\da-f]{16}-[\da-f]{2}$/;

/**
 * What is none is nobody's: the library would read it generously.
 * @beta
 */
export const isTraceparent = (text: string): boolean => TRACEPARENT.test(text);

const tracer = trace.getTracer('rollcall');

/** Begins a span, for whoever ends it. Without an exporter, it records nothing. */
export function beginSpan(name: string, { kind, parent, attributes = {} }: SpanOptions): Span {
  const active = context.active();
  const parentContext = parent !== undefined && isTraceparent(parent) ? parseTraceParent(parent) : null;
  if (!parentContext) return tracer.startSpan(name, { kind, attributes }, active);
  const cause = trace.getSpanContext(active);
  const isElsewhere = cause && isSpanContextValid(cause) && cause.spanId !== parentContext.spanId;
  const links = isElsewhere ? [{ context: cause }] : [];
  const around = trace.setSpanContext(active, { ...parentContext, isRemote: true });
  return tracer.startSpan(name, { kind, attributes, links }, around);
}

/** Says of a span what went wrong: in the words of errors of ours; others may repeat what is personal. */
export function fail(span: Span, error: Error): void {
  const message =
    error instanceof TellableError ? `${error.name}: ${error.message}`.slice(0, MAX_ERROR_CHARACTERS) : error.name;
  span.setStatus({ code: SpanStatusCode.ERROR, message });
}

export function endSpan(span: Span, error?: Error): void {
  if (error) fail(span, error);
  span.end();
}

/** Does something within a span of its own, which ends with it. */
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
 * What a message that is made now carries on; nothing, if nobody traces.
 * @public
 */
export function currentTraceparent(): string | undefined {
  const current = trace.getSpanContext(context.active());
  if (!current || !isSpanContextValid(current)) return undefined;
  const { traceId, spanId, traceFlags } = current;
  return `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, '0')}`;
}

/**
 * Says of what is being done which aggregate it is about, and whether that is new.
 * @beta
 */
export function aboutAggregate(id: string, isNew = false): void {
  trace.getActiveSpan()?.setAttributes({ 'rollcall.aggregate': id, ...(isNew && { 'rollcall.created': true }) });
}

/** What a line that is logged now is to tell. */
export function logFields(): LogFields {
  const current = trace.getSpanContext(context.active());
  return {
    ...(context.active().getValue(LOG_FIELDS) as LogFields | undefined),
    ...(current && isSpanContextValid(current) && { trace_id: current.traceId, span_id: current.spanId }),
  };
}
