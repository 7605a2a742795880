import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Mapping } from '../event-sources/mapping.ts';
import { type SentMessage, SentMessages } from '../messages/sent-messages.ts';
import type { OtlpRequest } from '../observability/otlp.ts';
import { createTraces } from '../observability/traces.ts';
import { readBody } from '../server/read-body.ts';
import type { AssembledStack } from '../template/assembly.ts';
import { type Failure, type Happened, RecentEvents } from './recent-events.ts';

/** The addresses of a running cloud, and the number of calls per AWS operation since the start of the cloud. */
export interface CloudDescription {
  apiUrl: string;
  /** Addresses of stand-ins beside the cloud, by name. */
  beside: Record<string, string>;
  calls: Record<string, number>;
}

/** The injected faults. */
export interface Broken {
  /** By function name, whether the function's event sources (queues and streams) are stopped. */
  functions: Record<string, boolean>;
  /** Delay in milliseconds of every call from a function to an AWS service. */
  latencyMs: number;
}

export interface ControlOptions {
  about: () => CloudDescription;
  /** The deployed templates. */
  templates: () => readonly AssembledStack[];
  /** The current event sources. */
  mappings: () => readonly Mapping[];
}

const MAX_LATENCY_MS = 10_000;
/** Less than 60 seconds, after which proxies often close an idle connection. */
const MAX_WAIT_MS = 30_000;

export type Control = ReturnType<typeof createControl>;

/**
 * The control API of the embedded cloud, beside AWS's own APIs:
 *
 * - `GET /_rollcall` {@link CloudDescription}
 * - `GET /_rollcall/templates` {@link AssembledStack}[]
 * - `POST /v1/traces` accepts spans by OTLP/HTTP, in JSON
 * - `GET /_rollcall/traces?aggregate= | message= | trace=` {@link Span}[]
 * - `GET /_rollcall/messages?aggregate=` {@link SentMessage}[]
 * - `GET /_rollcall/happened?after=&wait=` {@link Happened}; waits up to `wait` milliseconds, at most
 *   30,000, for an event
 * - `GET /_rollcall/broken` {@link Broken}; `PUT`, `DELETE /_rollcall/broken/{function}`; `PUT /_rollcall/latency/{ms}`
 */
export function createControl({ about, templates, mappings }: ControlOptions) {
  const traces = createTraces();
  const messages = new SentMessages();
  const recent = new RecentEvents();
  let latencyMs = 0;

  const sources = () => mappings().flatMap(({ source }) => source ?? []);
  const broken = (): Broken => ({
    functions: Object.fromEntries(sources().map(({ functionName, gate }) => [functionName, gate.isClosed])),
    latencyMs,
  });

  /**
   * Stops or restarts the event sources of a function.
   * @returns undefined if no function of this name reads a queue or a stream
   */
  function setStopped(name: string, isStopped: boolean): Broken | undefined {
    const ofFunction = sources().filter(({ functionName }) => functionName === name);
    for (const { gate } of ofFunction) {
      if (isStopped) gate.close();
      else gate.open();
    }
    return ofFunction.length > 0 ? broken() : undefined;
  }

  async function happened(after: number, waitMs: number): Promise<Happened> {
    await recent.waitForNewer(after, Math.min(waitMs, MAX_WAIT_MS));
    return recent.since(after);
  }

  async function answerOf(method: string, { pathname, searchParams }: URL, body: Buffer): Promise<unknown> {
    const [, , resource = '', name = ''] = pathname.split('/').map(decodeURIComponent);
    const query = Object.fromEntries(searchParams);
    switch (`${method} ${resource}`) {
      case 'POST traces':
        recent.add(traces.add(JSON.parse(body.toString()) as OtlpRequest).map((span) => ({ span })));
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
        return happened(Number(query.after ?? 0), Number(query.wait ?? 0));
      case 'GET broken':
        return broken();
      case 'PUT broken':
        return setStopped(name, true);
      case 'DELETE broken':
        return setStopped(name, false);
      case 'PUT latency': {
        const ms = Number(name);
        if (!Number.isInteger(ms) || ms < 0 || ms > MAX_LATENCY_MS) return undefined;
        latencyMs = ms;
        return broken();
      }
      default:
        return undefined;
    }
  }

  return {
    latencyMs: () => latencyMs,

    recordMessages(added: readonly SentMessage[]): void {
      messages.add(added);
      recent.add(added.map((message) => ({ message })));
    },

    /** The messages that were sent last, oldest first. */
    messages: () => messages.all,

    recordFailure: (failure: Failure): void => recent.add([{ failure }]),

    handles: (path: string) => path === '/_rollcall' || path.startsWith('/_rollcall/') || path === '/v1/traces',

    async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
      const body = (await readBody(request)) ?? Buffer.alloc(0);
      const url = new URL(request.url ?? '/', 'http://localhost');
      const [status, answer] = await resultOf(() => answerOf(request.method ?? 'GET', url, body));
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
    },
  };
}

/**
 * Returns the status and the response of a request. The status is 400 for a request that cannot be read. After any
 * other error, which this function rethrows, the endpoint returns 503, because exporters of spans retry after 503, but
 * not after 400: https://opentelemetry.io/docs/specs/otlp/#failures-1
 */
async function resultOf(run: () => Promise<unknown>): Promise<[status: number, answer: unknown]> {
  try {
    const answer = await run();
    if (answer !== undefined) return [200, answer];
    return [
      404,
      {
        message:
          'There is no such resource. packages/local/src/control/control.ts lists the resources of the control API.',
      },
    ];
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof URIError || error instanceof TypeError)
      return [400, { message: `The request cannot be read: ${error.message}` }];
    throw error;
  }
}
