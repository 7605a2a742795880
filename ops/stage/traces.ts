import type { Span, TraceQuery } from '../../local/traces.ts';

/** A span as operators see it, wherever it is kept. */
export type SpanView = Span;
export type { TraceQuery };
