import { currentTraceparent } from '../observability/spans.ts';

/** https://www.w3.org/TR/trace-context/#traceparent-header */
const TRACEPARENT = /^[\da-f]{2}-[\da-f]{32}-[\da-f]{16}-[\da-f]{2}$/;

/** The trace that a request belongs to: that of its span or, where nobody traces, its caller's; what is none is left out. */
export function traceOf(header: string | null | undefined): { traceparent?: string } {
  const traceparent = currentTraceparent() ?? header;
  return traceparent && TRACEPARENT.test(traceparent) ? { traceparent } : {};
}
