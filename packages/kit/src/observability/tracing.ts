import { context, TraceFlags, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { JsonTraceSerializer } from '@opentelemetry/otlp-transformer';
import { resourceFromAttributes } from '@opentelemetry/resources';
import {
  type ReadableSpan,
  type SpanProcessor,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from '@opentelemetry/sdk-trace';
import * as z from 'zod';
import { readEnvironment } from '../aws/environment.ts';
import { signerOf } from '../aws/signed.ts';
import { writeGathered } from './metrics.ts';

/**
 * If the OpenTelemetry collector does not respond in time, the spans of the invocation and of the next 30 seconds are
 * dropped, so that a collector that hangs does not delay every invocation.
 */
const TIMEOUT_MS = 1_000;
/** Less than the time that a function reserves before its timeout: `RESERVE_MS` in resilience/budget.ts. */
const MAX_TIMEOUT_MS = 2_000;
const PAUSE_MS = 30_000;

let send: ((spans: ReadableSpan[]) => Promise<void>) | undefined;
let reportFailure: (error: Error) => void = () => {};
/**
 * The ended spans of the current invocation. The library's batching is not used, because it relies on timers, which do
 * not run in a frozen instance.
 */
let endedSpans: ReadableSpan[] = [];
let pausedUntil = 0;

/**
 * Records spans and exports them by OTLP/HTTP as JSON if `OTEL_EXPORTER_OTLP_ENDPOINT` is set.
 * `OTEL_EXPORTER_OTLP_TIMEOUT`: timeout in milliseconds, at most 2,000; default: 1,000, not the standard's 10,000.
 * `OTEL_TRACES_SAMPLER_ARG`: share of sampled traces, 0 to 1; default: all. Sampling depends on the trace id, so that
 * all services of a stage sample the same traces. `OTEL_SDK_DISABLED=true`: no spans. `OTEL_RESOURCE_ATTRIBUTES`
 * (`key=value,…`): further resource attributes, such as `service.namespace`. Only the first call in a process has an
 * effect.
 * @param onFailure called when an export fails. The spans of this export and of the next 30 seconds are dropped
 */
export function startTracing(service: string, onFailure: (error: Error) => void): void {
  if (!context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())) return;
  reportFailure = onFailure;
  const {
    OTEL_EXPORTER_OTLP_ENDPOINT: endpoint,
    OTEL_EXPORTER_OTLP_TIMEOUT: timeoutMs,
    OTEL_TRACES_SAMPLER_ARG: ratio,
    OTEL_SDK_DISABLED: disabled,
    OTEL_RESOURCE_ATTRIBUTES: attributePairs,
  } = readEnvironment(
    z.object({
      OTEL_SDK_DISABLED: z.stringbool().default(false),
      OTEL_EXPORTER_OTLP_ENDPOINT: z.url().optional(),
      OTEL_EXPORTER_OTLP_TIMEOUT: z.coerce.number().int().min(0).default(0),
      OTEL_TRACES_SAMPLER_ARG: z.coerce.number().min(0).max(1).default(1),
      OTEL_RESOURCE_ATTRIBUTES: z.string().default(''),
    }),
  );
  if (disabled || endpoint === undefined) return;
  send = exporterTo(endpoint, Math.min(timeoutMs || TIMEOUT_MS, MAX_TIMEOUT_MS));
  const provider = new TracerProvider({
    resource: resourceFromAttributes({
      ...resourceAttributes(attributePairs),
      'service.name': service,
      'faas.name': process.env.AWS_LAMBDA_FUNCTION_NAME ?? service,
      'cloud.region': process.env.AWS_REGION ?? '',
    }),
    sampler: new TraceIdRatioBasedSampler(ratio),
    spanProcessors: [spanCollector],
  });
  trace.setGlobalTracerProvider(provider);
}

/**
 * Reads a list of resource attributes. Ignores an invalid list, because telemetry must not stop a function.
 * https://opentelemetry.io/docs/specs/otel/resource/sdk/#specifying-resource-information-via-an-environment-variable
 */
function resourceAttributes(pairs: string): Record<string, string> {
  try {
    return Object.fromEntries(
      [...pairs.matchAll(/([^=,]+)=([^,]*)/g)].map(([, key = '', value = '']) => [
        decodeURIComponent(key.trim()),
        decodeURIComponent(value.trim()),
      ]),
    );
  } catch (error) {
    if (error instanceof URIError) return {};
    throw error;
  }
}

/**
 * Runs a whole invocation, then writes its metrics and exports its spans. Both must happen within the invocation,
 * because Lambda may freeze the instance afterwards.
 * @public
 */
export async function flushed<T>(run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } finally {
    writeGathered();
    await exportEnded();
  }
}

async function exportEnded(): Promise<void> {
  const spans = endedSpans;
  endedSpans = [];
  if (!send || spans.length === 0 || Date.now() < pausedUntil) return;
  try {
    await send(spans);
  } catch (error) {
    pausedUntil = Date.now() + PAUSE_MS;
    reportFailure(error as Error);
  }
}

const spanCollector: SpanProcessor = {
  onStart() {},
  onEnd(span) {
    if (span.spanContext().traceFlags & TraceFlags.SAMPLED) endedSpans.push(span);
  },
  async forceFlush() {},
  async shutdown() {},
};

function exporterTo(endpoint: string, timeoutMs: number): (spans: ReadableSpan[]) => Promise<void> {
  const url = new URL(`${endpoint.replace(/\/$/, '')}/v1/traces`);
  // https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch-OTLPEndpoint.html
  const sign = /^xray\.[a-z0-9-]+\.amazonaws\.com$/.test(url.hostname) ? signerOf('xray') : undefined;

  return async (spans) => {
    const body = JsonTraceSerializer.serializeRequest(spans) ?? new Uint8Array();
    const headers = { host: url.host, 'content-type': 'application/json' };
    const response = await fetch(url, {
      method: 'POST',
      headers: sign ? await sign(url, headers, body) : headers,
      body: body as Uint8Array<ArrayBuffer>,
      signal: AbortSignal.timeout(timeoutMs),
    });
    await response.arrayBuffer();
    if (!response.ok) throw new Error(`${url.href} returned ${response.status}`);
  };
}
