/** https://www.w3.org/TR/trace-context/#traceparent-header */
const TRACEPARENT = /^[\da-f]{2}-[\da-f]{32}-[\da-f]{16}-[\da-f]{2}$/;

/** The trace that a request belongs to; what is none is left out. */
export const traceOf = (traceparent: string | null | undefined): { traceparent?: string } =>
  traceparent && TRACEPARENT.test(traceparent) ? { traceparent } : {};
