import type { Broken, CloudDescription } from '@rollcall/local/internal/control/control';
import type { Happened } from '@rollcall/local/internal/control/recent-events';
import type { SentMessage } from '@rollcall/local/internal/messages/sent-messages';
import type { Span } from '@rollcall/local/internal/observability/otlp';
import type { TraceQuery } from '@rollcall/local/internal/observability/traces';
import type { AssembledStack } from '@rollcall/local/internal/template/assembly';
import type { StageClients } from './clients.ts';
import { OperatorError } from './errors.ts';

export type EmbeddedCloud = ReturnType<typeof clientOf>;

/**
 * A client of the embedded cloud's own API (packages/local/src/control/control.ts); undefined if the stage is not in an
 * embedded cloud.
 */
export async function embeddedCloudOf({
  endpoint,
}: Pick<StageClients, 'endpoint'>): Promise<EmbeddedCloud | undefined> {
  if (!endpoint) return undefined;
  const response = await fetch(`${endpoint}/_rollcall`).catch(() => undefined);
  const isJson = response?.headers.get('content-type')?.startsWith('application/json');
  if (!response?.ok || !isJson) return undefined;
  return clientOf(endpoint, (await response.json()) as CloudDescription);
}

function clientOf(endpoint: string, { apiUrl, beside }: CloudDescription) {
  /** @throws {OperatorError} with the message of the response, if its status is an error */
  async function ask<T>(url: string, method = 'GET', body?: object, signal?: AbortSignal): Promise<T> {
    const response = await fetch(url, {
      method,
      ...(body && { body: JSON.stringify(body) }),
      ...(signal && { signal }),
    });
    const answer = (await response.json()) as T & { message?: string; error?: string };
    if (response.ok) return answer;
    throw new OperatorError(answer.message ?? answer.error ?? `${url} returned ${response.status}`);
  }
  const controlUrl = (path: string) => `${endpoint}/_rollcall/${path}`;

  return {
    apiUrl,
    /** Addresses of the stand-ins beside the cloud, by name. */
    beside,
    ask,
    templates: () => ask<AssembledStack[]>(controlUrl('templates')),
    /**
     * Spans, messages and failures since an earlier response.
     * @param after the `next` of that response; 0 for everything that is stored
     * @param waitMs how long to wait if there is nothing new
     */
    happened: (after: number, waitMs = 0, signal?: AbortSignal) =>
      ask<Happened>(controlUrl(`happened?after=${after}&wait=${waitMs}`), 'GET', undefined, signal),
    traces: (query: TraceQuery) => ask<Span[]>(controlUrl(`traces?${new URLSearchParams({ ...query })}`)),
    messages: (aggregate: string) => ask<SentMessage[]>(controlUrl(`messages?${new URLSearchParams({ aggregate })}`)),
    /** The injected faults. */
    broken: () => ask<Broken>(controlUrl('broken')),
    /** Stops the delivery of messages and stream records to a function. */
    stop: (functionName: string) => ask<Broken>(controlUrl(`broken/${functionName}`), 'PUT'),
    start: (functionName: string) => ask<Broken>(controlUrl(`broken/${functionName}`), 'DELETE'),
    /** Delays every call from any function to an AWS service. */
    delay: (ms: number) => ask<Broken>(controlUrl(`latency/${ms}`), 'PUT'),
  };
}
