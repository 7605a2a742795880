import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Mapping } from '../event-sources/queue.ts';
import type { FailedInvocation } from '../lambda/function.ts';
import { type SentMessage, SentMessages } from '../messages/sent-messages.ts';
import { createTraces, type OtlpRequest, type Span } from '../observability/traces.ts';
import { readBody } from '../server/read-body.ts';
import type { AssembledStack } from '../template/assembly.ts';

/** Where a running cloud is to be found, and how often each AWS operation was called since it started. */
export interface CloudDescription {
  apiUrl: string;
  smsUrl: string;
  calls: Record<string, number>;
}

/** An invocation that failed, and when. */
export interface Failure extends FailedInvocation {
  at: string;
  /** File. */
  log: string;
}

/** What happened since somebody asked last. */
export interface Happened {
  /** To ask with next. */
  next: number;
  spans: Span[];
  messages: SentMessage[];
  failures: Failure[];
}

/** What is broken on purpose. */
export interface Broken {
  /** By name of the function: whether it takes nothing from its queues or stream. */
  functions: Record<string, boolean>;
  /** How much later every call of a function to an AWS service is answered. */
  latencyMs: number;
}

export interface ControlOptions {
  about: () => CloudDescription;
  /** What is deployed. */
  templates: () => readonly AssembledStack[];
  /** The event sources, as they are now. */
  mappings: () => readonly Mapping[];
}

const MOST_LATENCY_MS = 10_000;
/** Whoever asks less often misses what is older. */
const MOST_RECENT = 10_000;

export type Control = ReturnType<typeof createControl>;

/**
 * What the embedded cloud tells of itself, and lets be done to it, beside AWS's own APIs:
 *
 * - `GET /_rollcall` {@link CloudDescription}
 * - `GET /_rollcall/templates` {@link AssembledStack}[]
 * - `POST /v1/traces` takes spans by OTLP/HTTP, in JSON
 * - `GET /_rollcall/traces?aggregate= | message= | trace=` {@link Span}[]
 * - `GET /_rollcall/messages?aggregate=` {@link SentMessage}[]
 * - `GET /_rollcall/happened?after=` {@link Happened}
 * - `GET /_rollcall/broken` {@link Broken}; `PUT`, `DELETE /_rollcall/broken/{function}`; `PUT /_rollcall/latency/{ms}`
 */
export function createControl({ about, templates, mappings }: ControlOptions) {
  const traces = createTraces();
  const messages = new SentMessages();
  const recent: Array<{ span: Span } | { message: SentMessage } | { failure: Failure }> = [];
  let happened = 0;
  let latencyMs = 0;

  function note(all: typeof recent): void {
    recent.push(...all);
    happened += all.length;
    if (recent.length > 2 * MOST_RECENT) recent.splice(0, recent.length - MOST_RECENT);
  }

  function since(after: number): Happened {
    const missing = Math.min(recent.length, Math.max(0, happened - after));
    const told = missing === 0 ? [] : recent.slice(-missing);
    return {
      next: happened,
      spans: told.flatMap((one) => ('span' in one ? [one.span] : [])),
      messages: told.flatMap((one) => ('message' in one ? [one.message] : [])),
      failures: told.flatMap((one) => ('failure' in one ? [one.failure] : [])),
    };
  }

  const sources = () => mappings().flatMap(({ source }) => source ?? []);
  const broken = (): Broken => ({
    functions: Object.fromEntries(sources().map(({ functionName, gate }) => [functionName, gate.isClosed])),
    latencyMs,
  });

  /** @returns nothing, if there is no such function */
  function change(name: string, stop: boolean): Broken | undefined {
    const own = sources().filter(({ functionName }) => functionName === name);
    for (const { gate } of own) {
      if (stop) gate.close();
      else gate.open();
    }
    return own.length > 0 ? broken() : undefined;
  }

  async function answerOf(method: string, { pathname, searchParams }: URL, body: Buffer): Promise<unknown> {
    const [, , what = '', name = ''] = pathname.split('/').map(decodeURIComponent);
    const query = Object.fromEntries(searchParams);
    switch (`${method} ${what}`) {
      case 'POST traces':
        note(traces.add(JSON.parse(body.toString()) as OtlpRequest).map((span) => ({ span })));
        return {};
      case 'GET ':
        return about();
      case 'GET templates':
        return templates();
      case 'GET traces':
        return traces.find(query);
      case 'GET messages':
        return messages.about(query.aggregate ?? '');
      case 'GET happened':
        return since(Number(query.after ?? 0));
      case 'GET broken':
        return broken();
      case 'PUT broken':
        return change(name, true);
      case 'DELETE broken':
        return change(name, false);
      case 'PUT latency': {
        const ms = Number(name);
        if (!Number.isInteger(ms) || ms < 0 || ms > MOST_LATENCY_MS) return undefined;
        latencyMs = ms;
        return broken();
      }
      default:
        return undefined;
    }
  }

  return {
    latencyMs: () => latencyMs,

    sent(told: readonly SentMessage[]): void {
      messages.add(told);
      note(told.map((message) => ({ message })));
    },

    failed: (failure: Failure): void => note([{ failure }]),

    takes: (path: string) => path === '/_rollcall' || path.startsWith('/_rollcall/') || path === '/v1/traces',

    async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
      const body = (await readBody(request)) ?? Buffer.alloc(0);
      const url = new URL(request.url ?? '/', 'http://localhost');
      const [status, answer] = await answered(() => answerOf(request.method ?? 'GET', url, body));
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
    },
  };
}

/** An exporter repeats what is answered with 503, and not with 400: https://opentelemetry.io/docs/specs/otlp/#failures-1 */
async function answered(look: () => Promise<unknown>): Promise<[status: number, answer: unknown]> {
  try {
    const answer = await look();
    if (answer !== undefined) return [200, answer];
    return [404, { message: 'The embedded cloud has nothing like that: local/control/control.ts.' }];
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof URIError || error instanceof TypeError)
      return [400, { message: `The request cannot be read: ${error.message}` }];
    throw error;
  }
}
