import { AsyncLocalStorage } from 'node:async_hooks';
import { SpanKind, trace } from '@opentelemetry/api';
import {
  BulkheadRejectedError,
  bulkhead,
  ExponentialBackoff,
  fullJitterGenerator,
  handleWhen,
  type IPolicy,
  noop,
  retry,
  TaskCancelledError,
  TimeoutStrategy,
  timeout,
} from 'cockatiel';
import type { Instance } from '../discovery/registry.ts';
import { traced } from '../observability/spans.ts';
import type { Breaker } from './breaker.ts';
import { timeLeft } from './budget.ts';
import {
  BulkheadFullError,
  CircuitOpenError,
  NoInstanceError,
  NotServedError,
  OutOfTimeError,
  PacedError,
  RejectedError,
  ThrottledError,
  UnavailableError,
} from './errors.ts';
import type { Nodes } from './nodes.ts';

/**
 * One try of a call.
 * @public
 */
export interface Try {
  /** The instance to call, if the service has any that registered. */
  instance?: Instance;
  /** Aborted when its time is over. */
  signal: AbortSignal;
}

export interface RemoteServiceOptions<Request, Answer> {
  /** In errors. */
  name: string;
  call: (request: Request, one: Try) => Promise<Answer>;
  /** Whose instances are called; without, `call` knows the address. */
  nodes?: Nodes | undefined;
  /** Longest time of a try, in milliseconds; less if the function has less. */
  timeoutMs: number;
  /** Most calls at once from this instance; one more fails. */
  atOnce?: number | undefined;
  breaker?: Breaker | undefined;
  /** What comes before each try that the circuit lets through: a limit, a wait for its turn. */
  admit?: ((request: Request) => Promise<void>) | undefined;
  /** Tries in all, for requests that may safely be repeated. */
  retry?: { tries: number; isIdempotent: (request: Request) => boolean } | undefined;
  /** What answers instead, when the service cannot. */
  fallback?: ((request: Request, cause: Error) => Promise<Answer>) | undefined;
}

/**
 * Calls a service. It rejects with a `RemoteError`, or an error of the call that is none of the service's doing.
 * @public
 */
export type RemoteService<Request, Answer> = (request: Request) => Promise<Answer>;

const FIRST_BACKOFF_MS = 50;
const MAX_BACKOFF_MS = 500;

/** Set while a call is one of several tries: what it calls in turn is not tried several times as well. */
const amongTries = new AsyncLocalStorage<true>();

/**
 * The way to call a remote service. From the outside in: fallback (retry (breaker (admission (bulkhead (timeout (discovery
 * (call)))))))). So each try is counted by the breaker and goes to an instance of its own; a bulkhead that is full says
 * nothing about the service; and the fallback answers for all of them.
 * @public
 */
export function createRemoteService<Request, Answer>(
  options: RemoteServiceOptions<Request, Answer>,
): RemoteService<Request, Answer> {
  const { name, call, nodes, timeoutMs, breaker, admit, fallback } = options;
  const limit: IPolicy = options.atOnce === undefined ? noop : bulkhead(options.atOnce);

  async function callInstance(request: Request, tried: Set<string>, signal: AbortSignal): Promise<Answer> {
    if (!nodes) return call(request, { signal });
    const instance = await nodes.choose(tried);
    if (!instance) throw new NoInstanceError(`no instance of ${name} is registered`);
    tried.add(instance.id);
    trace.getActiveSpan()?.setAttributes({ 'rollcall.instance': instance.id, 'server.address': instance.address });
    return nodes.watch(instance, () => call(request, { instance, signal }));
  }

  async function callInTime(request: Request, tried: Set<string>, outer: AbortSignal): Promise<Answer> {
    const ms = Math.min(timeoutMs, timeLeft());
    if (ms < timeoutMs / 2) throw new OutOfTimeError(`too little time is left to call ${name}`);
    try {
      return await timeout(ms, TimeoutStrategy.Aggressive).execute(
        ({ signal }) => callInstance(request, tried, signal),
        outer,
      );
    } catch (cause) {
      if (!(cause instanceof TaskCancelledError)) throw cause;
      throw new UnavailableError(`${name} did not answer within ${Math.round(ms)} ms`, {
        outcomeUnknown: true,
        cause,
      });
    }
  }

  async function callIfThereIsRoom(request: Request, tried: Set<string>, outer: AbortSignal): Promise<Answer> {
    try {
      return await limit.execute(({ signal }) => callInTime(request, tried, signal), outer);
    } catch (cause) {
      if (!(cause instanceof BulkheadRejectedError)) throw cause;
      throw new BulkheadFullError(`${options.atOnce} calls to ${name} are at work already`, { cause });
    }
  }

  function retryOf(request: Request): IPolicy {
    const { tries, isIdempotent } = options.retry ?? { tries: 1, isIdempotent: () => false };
    if (tries <= 1 || amongTries.getStore() || !isIdempotent(request)) return noop;
    return retry(handleWhen(mayHelpElsewhere), {
      maxAttempts: tries - 1,
      backoff: new ExponentialBackoff({
        generator: fullJitterGenerator,
        initialDelay: FIRST_BACKOFF_MS,
        maxDelay: MAX_BACKOFF_MS,
      }),
    });
  }

  return async (request) => {
    const tried = new Set<string>();
    const retrying = retryOf(request);
    let outcomeUnknown = false;
    const tryOnce = async ({ signal }: { signal: AbortSignal }) => {
      const ask = async (begins: () => void) => {
        await admit?.(request);
        begins();
        const attributes = { 'rollcall.try': tried.size + 1 };
        return traced(`call ${name}`, { kind: SpanKind.CLIENT, attributes }, () =>
          callIfThereIsRoom(request, tried, signal),
        );
      };
      try {
        return await (breaker ? breaker.execute(ask) : ask(() => {}));
      } catch (error) {
        // That a later try surely did nothing, or could not even be made, says nothing about the earlier one.
        if (outcomeUnknown) throw stillUnknown(error as Error);
        outcomeUnknown = error instanceof UnavailableError && error.outcomeUnknown;
        throw error;
      }
    };
    try {
      return await (retrying === noop ? noop.execute(tryOnce) : amongTries.run(true, () => retrying.execute(tryOnce)));
    } catch (error) {
      if (!fallback || error instanceof RejectedError) throw error;
      return fallback(request, error as Error);
    }
  };
}

function stillUnknown(error: Error): UnavailableError {
  if (!(error instanceof UnavailableError))
    return new UnavailableError(error.message, { outcomeUnknown: true, cause: error });
  error.outcomeUnknown = true;
  return error;
}

const isOneOf = (error: unknown, ...kinds: Array<new (...given: never[]) => Error>) =>
  kinds.some((kind) => error instanceof kind);

/** Whether the next try may fare better: not so if nobody was asked. */
const mayHelpElsewhere = (error: unknown): boolean =>
  error instanceof UnavailableError &&
  !isOneOf(error, BulkheadFullError, CircuitOpenError, NoInstanceError, NotServedError, OutOfTimeError, ThrottledError);

/**
 * What an error says about the service, to its circuit breaker: what is no error of a call says nothing.
 */
export function classify(error: unknown): 'well' | 'failed' | 'unknown' {
  if (isOneOf(error, BulkheadFullError, NoInstanceError, NotServedError, OutOfTimeError, PacedError)) return 'unknown';
  if (isOneOf(error, RejectedError, ThrottledError)) return 'well';
  return error instanceof UnavailableError ? 'failed' : 'unknown';
}
