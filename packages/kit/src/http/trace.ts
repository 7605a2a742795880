import { currentTraceparent, isTraceparent } from '../observability/spans.ts';

/** The trace context of the current span or, without tracing, of the caller. Ignores an invalid header. */
export function traceOf(header: string | undefined): { traceparent?: string } {
  const traceparent = currentTraceparent() ?? header;
  return traceparent && isTraceparent(traceparent) ? { traceparent } : {};
}
