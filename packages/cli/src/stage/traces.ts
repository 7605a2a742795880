import { BatchGetTracesCommand, paginateGetTraceSummaries, type Trace, XRayClient } from '@aws-sdk/client-xray';
import type { Span } from '@rollcall/local/internal/observability/otlp';
import type { TraceQuery } from '@rollcall/local/internal/observability/traces';
import type { EmbeddedCloud } from './embedded-cloud.ts';
import { OperatorError } from './errors.ts';
import type { StageClient } from './stage.ts';

/** A span of an embedded cloud or of X-Ray, for display. */
export type SpanView = Span;
export type { TraceQuery };

/** BatchGetTraces accepts at most five traces per call. */
const TRACES_PER_CALL = 5;
/** X-Ray searches a time range of at most six hours. */
const MAX_SEARCH_MS = 6 * 3_600_000;
const MAX_TRACES = 50;

/**
 * The spans of the traces that match a query, sorted by start time. They are from an embedded cloud or, for an account,
 * from X-Ray. A search of X-Ray by aggregate or message finds at most 50 traces, from the six hours before `until`.
 * @throws {OperatorError} if the stage is neither in an embedded cloud nor in an account
 */
export async function findTraces(
  stage: StageClient,
  cloud: EmbeddedCloud | undefined,
  query: TraceQuery,
  until = new Date(),
): Promise<SpanView[]> {
  if (cloud) return cloud.traces(query);
  if (stage.endpoint)
    throw new OperatorError(`Traces are stored by an embedded cloud or by X-Ray; ${stage.endpoint} is neither.`);
  const client = new XRayClient(stage.config);
  const ids = query.trace === undefined ? await search(client, query, until) : [xrayId(query.trace)];
  const spans: SpanView[] = [];
  for (let from = 0; from < ids.length; from += TRACES_PER_CALL) {
    const TraceIds = ids.slice(from, from + TRACES_PER_CALL);
    const { Traces = [] } = await client.send(new BatchGetTracesCommand({ TraceIds }));
    spans.push(...Traces.flatMap(spansOfTrace));
  }
  return spans.sort((a, b) => a.startMs - b.startMs);
}

async function search(client: XRayClient, { aggregate, message }: TraceQuery, until: Date): Promise<string[]> {
  const [name, value] =
    aggregate === undefined
      ? (['messaging.message.id', message] as const)
      : (['rollcall.aggregate', aggregate] as const);
  const pages = paginateGetTraceSummaries(
    { client },
    {
      StartTime: new Date(until.getTime() - MAX_SEARCH_MS),
      EndTime: until,
      FilterExpression: `annotation[${name}] = "${String(value).replaceAll(/["\\]/g, '')}"`,
    },
  );
  const ids: string[] = [];
  for await (const { TraceSummaries = [] } of pages) {
    ids.push(...TraceSummaries.flatMap(({ Id }) => Id ?? []));
    if (ids.length >= MAX_TRACES) break;
  }
  return ids.slice(0, MAX_TRACES);
}

/** Converts a trace id to the format of X-Ray, which begins with `1-` and has a hyphen after the first eight digits. */
const xrayId = (traceId: string) =>
  traceId.startsWith('1-') ? traceId : `1-${traceId.slice(0, 8)}-${traceId.slice(8)}`;

/** https://docs.aws.amazon.com/xray/latest/devguide/xray-api-segmentdocuments.html */
interface Segment {
  id: string;
  name: string;
  parent_id?: string;
  start_time: number;
  end_time?: number;
  fault?: boolean;
  error?: boolean;
  cause?: { exceptions?: Array<{ type?: string; message?: string }> };
  annotations?: Record<string, string | number | boolean>;
  metadata?: { default?: Record<string, unknown> };
  subsegments?: Segment[];
  links?: Array<{ trace_id: string; id: string }>;
}

/** Spans of an X-Ray trace: each segment and each subsegment becomes a span. */
export function spansOfTrace({ Id = '', Segments = [] }: Trace): SpanView[] {
  const traceId = Id.replace(/^1-/, '').replace('-', '');
  return Segments.flatMap(({ Document = '{}' }) => {
    const segment = JSON.parse(Document) as Segment;
    return spansOfSegment(segment, { traceId, service: segment.name });
  });
}

function spansOfSegment(segment: Segment, common: { traceId: string; service: string }, parent?: string): SpanView[] {
  const { id, name, start_time, end_time = start_time, annotations, metadata, subsegments = [], links = [] } = segment;
  const attributes = { ...(metadata?.default as SpanView['attributes'] | undefined), ...annotations };
  const [cause] = segment.cause?.exceptions ?? [];
  const isFailed = segment.fault || segment.error;
  const parentSpanId = segment.parent_id ?? parent;
  const span: SpanView = {
    ...common,
    spanId: id,
    ...(parentSpanId !== undefined && { parentSpanId }),
    name: String(attributes['span.name'] ?? name),
    kind: 'internal',
    function: String(attributes['faas.name'] ?? ''),
    startMs: start_time * 1000,
    durationMs: (end_time - start_time) * 1000,
    ...(isFailed && { error: cause?.message ?? cause?.type ?? 'failed' }),
    attributes,
    links: links.map((link) => ({ traceId: link.trace_id.replace(/^1-/, '').replace('-', ''), spanId: link.id })),
  };
  return [span, ...subsegments.flatMap((one) => spansOfSegment(one, common, id))];
}
