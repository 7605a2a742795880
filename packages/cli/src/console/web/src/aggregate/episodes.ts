import type { SpanView } from '../../../../stage/traces.ts';

export interface Step {
  span: SpanView;
  /** Number of ancestors of the span in the same episode. */
  depth: number;
}

/** A period of continuous activity. */
export interface Episode {
  startMs: number;
  endMs: number;
  steps: Step[];
}

/**
 * A pause longer than this starts a new episode, which has its own time scale, because a sweep or a redrive may follow
 * minutes or days later.
 */
const QUIET_MS = 3_000;

const endOf = ({ startMs, durationMs }: SpanView) => startMs + durationMs;

/** Groups spans by episode. In each episode, a span is below its parent. */
export function episodesOf(spans: readonly SpanView[]): Episode[] {
  const byStart = spans.toSorted((a, b) => a.startMs - b.startMs);
  const groups: Array<{ endMs: number; spans: SpanView[] }> = [];
  for (const span of byStart) {
    const group = groups.at(-1);
    if (!group || span.startMs > group.endMs + QUIET_MS) groups.push({ endMs: endOf(span), spans: [span] });
    else {
      group.spans.push(span);
      group.endMs = Math.max(group.endMs, endOf(span));
    }
  }
  return groups.map(({ endMs, spans }) => ({ startMs: spans[0]?.startMs ?? endMs, endMs, steps: stepsOf(spans) }));
}

function stepsOf(spans: readonly SpanView[]): Step[] {
  const spanIds = new Set(spans.map(({ spanId }) => spanId));
  const isRoot = ({ parentSpanId }: SpanView) => parentSpanId === undefined || !spanIds.has(parentSpanId);
  const children = Map.groupBy(
    spans.filter((span) => !isRoot(span)),
    ({ parentSpanId }) => parentSpanId,
  );
  const subtree = (span: SpanView, depth: number): Step[] => [
    { span, depth },
    ...(children.get(span.spanId) ?? []).flatMap((child) => subtree(child, depth + 1)),
  ];
  return spans.filter(isRoot).flatMap((root) => subtree(root, 0));
}
