import { currentTraceparent, isTraceparent } from '../observability/spans.ts';

/** The trace of a request: that of the current span or, without tracing, the caller's. An invalid header is ignored. */
export function traceOf(header: string | undefined): { traceparent?: string } {
  const traceparent = currentTraceparent() ?? header;
  return traceparent && isTraceparent(traceparent) ? { traceparent } : {};
}
