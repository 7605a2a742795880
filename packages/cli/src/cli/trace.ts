import { Command } from 'commander';
import pc from 'picocolors';
import { embeddedCloudOf } from '../stage/embedded-cloud.ts';
import { OperatorError } from '../stage/errors.ts';
import { normalizeId } from '../stage/ids.ts';
import type { StageClient } from '../stage/stage.ts';
import { timelineOf } from '../stage/timeline.ts';
import { findTraces, type SpanView, type TraceQuery } from '../stage/traces.ts';
import { onStage } from './command.ts';
import { printJson, sanitize } from './output.ts';

const TRACE = /^(1-[0-9a-f]{8}-[0-9a-f]{24}|[0-9a-f]{32})$/i;
const BAR = 24;

/** The spans of the trace, the aggregate or the message with this id. */
async function spansOf(stage: StageClient, id: string): Promise<SpanView[]> {
  const cloud = await embeddedCloudOf(stage);
  const find = (query: TraceQuery) => stage.ask(() => findTraces(stage, cloud, query));
  if (TRACE.test(id)) return find({ trace: id.toLowerCase() });
  const about = await find({ aggregate: normalizeId(id) });
  return about.length > 0 ? about : find({ message: id });
}

function barOf(afterMs: number, durationMs: number, totalMs: number): string {
  const scale = totalMs > 0 ? BAR / totalMs : 0;
  const from = Math.min(BAR - 1, Math.floor(afterMs * scale));
  const length = Math.max(1, Math.min(BAR - from, Math.round(durationMs * scale)));
  return `${' '.repeat(from)}${'█'.repeat(length)}`.padEnd(BAR);
}

/** The most important attributes of a span, as text. */
function noteOf({ attributes, links }: SpanView): string {
  const receives = Number(attributes['rollcall.receives'] ?? 1);
  const notes = [
    attributes['http.response.status_code'],
    attributes['rollcall.outcome'],
    attributes['rollcall.instance'],
    receives > 1 && `received ${receives} times`,
    attributes['rollcall.redriven'] && 'redriven by an operator',
    links[0] && `triggered by ${links[0].traceId.slice(0, 8)}`,
  ];
  return notes.filter(Boolean).join(', ');
}

function print(spans: readonly SpanView[]): void {
  const lines = timelineOf(spans);
  const wholeMs = Math.max(...lines.map(({ afterMs, span }) => afterMs + span.durationMs));
  const titles = lines.map(({ span, depth }) => `${'  '.repeat(depth)}${span.service}  ${span.name}`);
  const width = Math.max(...titles.map((title) => title.length));
  for (const [index, { span, afterMs }] of lines.entries()) {
    const { startMs, durationMs, error } = span;
    const bar = barOf(afterMs, durationMs, wholeMs);
    const title = sanitize((titles[index] ?? '').padEnd(width));
    const times = `${afterMs.toFixed(0).padStart(7)} ms  ${durationMs.toFixed(0).padStart(6)} ms`;
    const at = index === 0 ? pc.dim(`  ${new Date(startMs).toISOString()}`) : '';
    console.log(`${error ? pc.red(bar) : pc.cyan(bar)} ${pc.dim(times)}  ${title}  ${pc.dim(noteOf(span))}${at}`);
    if (error) console.log(`${' '.repeat(BAR + 24)}${pc.red(sanitize(error))}`);
  }
  const traces = new Set(spans.map(({ traceId }) => traceId));
  console.log(
    pc.dim(
      `${spans.length} spans of ${traces.size} ${traces.size === 1 ? 'trace' : 'traces'}: ${[...traces].join(', ')}`,
    ),
  );
}

export const trace = new Command('trace')
  .description('show the timeline of an aggregate, a message or a trace across all services')
  .argument('<id>', 'id of an aggregate, a message or a trace')
  .addHelpText(
    'after',
    '\nAn embedded cloud keeps the last traces. For an account, the command reads the traces of the last six hours from\nX-Ray, which requires the setting `tracing` of the stage. Each line shows the start of a span, relative to the first\nspan, and its duration.\nExample: npm run ops -- trace 0199…',
  )
  .action(
    onStage<object, [string]>(async (stage, { json }, id) => {
      const spans = await spansOf(stage, id);
      if (spans.length > 0) return json ? printJson(spans) : print(spans);
      throw new OperatorError(
        `No trace contains ${id}. An embedded cloud keeps the last 40,000 spans since its start. For an account, see the setting "tracing" in infra/stages.ts.`,
      );
    }),
  );
