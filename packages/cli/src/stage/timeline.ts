import type { SpanView } from './traces.ts';

/** A span with its depth below the root of its trace, and its start relative to the first span. */
export interface TimelineRow {
  span: SpanView;
  depth: number;
  afterMs: number;
}

/** Orders spans as a timeline: each span below its parent, and roots and siblings by start time. */
export function timelineOf(spans: readonly SpanView[]): TimelineRow[] {
  const known = new Set(spans.map(({ spanId }) => spanId));
  const byStart = [...spans].sort((a, b) => a.startMs - b.startMs);
  const start = byStart[0]?.startMs ?? 0;
  const children = Map.groupBy(byStart, ({ parentSpanId }) =>
    parentSpanId !== undefined && known.has(parentSpanId) ? parentSpanId : '',
  );
  const rowsOf = (parent: string, depth: number): TimelineRow[] =>
    (children.get(parent) ?? []).flatMap((span) => [
      { span, depth, afterMs: span.startMs - start },
      ...rowsOf(span.spanId, depth + 1),
    ]);
  return rowsOf('', 0);
}
