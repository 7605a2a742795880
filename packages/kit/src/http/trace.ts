import { currentTraceparent, isTraceparent } from '../observability/spans.ts';

/** The trace that a request belongs to: that of its span or, where nobody traces, its caller's; what is none is left out. */
export function traceOf(header: string | undefined): { traceparent?: string } {
  const traceparent = currentTraceparent() ?? header;
  return traceparent && isTraceparent(traceparent) ? { traceparent } : {};
}
