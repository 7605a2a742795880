import type { SpanView } from './traces.ts';

/** A span in its place: how deep below the first of its trace, and how long after the very first it began. */
export interface Line {
  span: SpanView;
  depth: number;
  afterMs: number;
}

/** Spans as a timeline: each below the one that it belongs to, those of one by start. Traces follow one another. */
export function timeLine(spans: readonly SpanView[]): Line[] {
  const known = new Set(spans.map(({ spanId }) => spanId));
  const byStart = [...spans].sort((a, b) => a.startMs - b.startMs);
  const start = byStart[0]?.startMs ?? 0;
  const children = Map.groupBy(byStart, ({ parentSpanId }) =>
    parentSpanId !== undefined && known.has(parentSpanId) ? parentSpanId : '',
  );
  const linesOf = (parent: string, depth: number): Line[] =>
    (children.get(parent) ?? []).flatMap((span) => [
      { span, depth, afterMs: span.startMs - start },
      ...linesOf(span.spanId, depth + 1),
    ]);
  return linesOf('', 0);
}
