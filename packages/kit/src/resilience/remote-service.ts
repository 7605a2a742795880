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
 * One attempt at a call.
 * @public
 */
export interface Try {
  /** The instance to call, if the service uses registered instances. */
  instance?: Instance;
  /** Aborted at the timeout. */
  signal: AbortSignal;
}

export interface RemoteServiceOptions<Request, Answer> {
  /** Name of the service, for errors. */
  name: string;
  call: (request: Request, one: Try) => Promise<Answer>;
  /** The registered instances to call; undefined if `call` determines the address. */
  nodes?: Nodes | undefined;
  /**
   * Timeout of an attempt in milliseconds. The timeout is shorter if the function has less time left. If less than half
   * of the timeout is left, the attempt fails without a call.
   */
  timeoutMs: number;
  /** Maximum number of concurrent calls from one function instance (bulkhead). A further call fails. */
  atOnce?: number | undefined;
  breaker?: Breaker | undefined;
  /** Runs before each attempt that the circuit allows, for example to wait or to apply a rate limit. */
  admit?: ((request: Request) => Promise<void>) | undefined;
  /** Total number of tries, for requests that are safe to repeat. */
  retry?: { tries: number; isIdempotent: (request: Request) => boolean } | undefined;
  /** Provides a response when the service cannot. */
  fallback?: ((request: Request, cause: Error) => Promise<Answer>) | undefined;
}

/**
 * Calls a service. Rejects with a `RemoteError`, or with another error that `call`, `admit` or `fallback` throws.
 * @public
 */
export type RemoteService<Request, Answer> = (request: Request) => Promise<Answer>;

const FIRST_BACKOFF_MS = 50;
const MAX_BACKOFF_MS = 500;

/** Set during a call with several tries, so that nested calls do not retry as well. */
const insideRetries = new AsyncLocalStorage<true>();

/**
 * Creates a client of a remote service. A call passes these mechanisms from the outside in: fallback (retry (breaker
 * (admission (bulkhead (timeout (discovery (call))))))). Therefore, the breaker counts each try, and each try prefers
 * instances that were not tried yet. A full bulkhead is not counted as a failure of the service. The fallback covers
 * every failure except a `RejectedError`.
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
      throw new UnavailableError(`${name} did not respond within ${Math.round(ms)} ms`, {
        outcomeUnknown: true,
        cause,
      });
    }
  }

  async function callInBulkhead(request: Request, tried: Set<string>, outer: AbortSignal): Promise<Answer> {
    try {
      return await limit.execute(({ signal }) => callInTime(request, tried, signal), outer);
    } catch (cause) {
      if (!(cause instanceof BulkheadRejectedError)) throw cause;
      throw new BulkheadFullError(`${options.atOnce} calls to ${name} are already in progress`, { cause });
    }
  }

  function retryOf(request: Request): IPolicy {
    const { tries, isIdempotent } = options.retry ?? { tries: 1, isIdempotent: () => false };
    if (tries <= 1 || insideRetries.getStore() || !isIdempotent(request)) return noop;
    return retry(handleWhen(isRetryable), {
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
    let tries = 0;
    let outcomeUnknown = false;
    const tryOnce = async ({ signal }: { signal: AbortSignal }) => {
      const attempt = async (onStart: () => void) => {
        await admit?.(request);
        onStart();
        const attributes = { 'rollcall.try': ++tries };
        return traced(`call ${name}`, { kind: SpanKind.CLIENT, attributes }, () =>
          callInBulkhead(request, tried, signal),
        );
      };
      try {
        return await (breaker ? breaker.execute(attempt) : attempt(() => {}));
      } catch (error) {
        // Even if this try had no effect or was not made, the outcome of the earlier try stays unknown.
        if (outcomeUnknown) throw withUnknownOutcome(error as Error);
        outcomeUnknown = error instanceof UnavailableError && error.outcomeUnknown;
        throw error;
      }
    };
    try {
      return await (retrying === noop
        ? noop.execute(tryOnce)
        : insideRetries.run(true, () => retrying.execute(tryOnce)));
    } catch (error) {
      if (!fallback || error instanceof RejectedError) throw error;
      return fallback(request, error as Error);
    }
  };
}

function withUnknownOutcome(error: Error): UnavailableError {
  if (!(error instanceof UnavailableError))
    return new UnavailableError(error.message, { outcomeUnknown: true, cause: error });
  error.outcomeUnknown = true;
  return error;
}

const isOneOf = (error: unknown, ...kinds: Array<new (...given: never[]) => Error>) =>
  kinds.some((kind) => error instanceof kind);

/**
 * Whether an immediate retry may succeed. It cannot succeed if the circuit is open, if the service throttles or rejects
 * the request, or if the service was not called, for example because the bulkhead is full.
 */
const isRetryable = (error: unknown): boolean =>
  error instanceof UnavailableError &&
  !isOneOf(error, BulkheadFullError, CircuitOpenError, NoInstanceError, NotServedError, OutOfTimeError, ThrottledError);

/**
 * Judges the health of the service by an error, for its circuit breaker. The health is unknown if the error does not
 * come from a call to the service.
 */
export function classify(error: unknown): 'well' | 'failed' | 'unknown' {
  if (isOneOf(error, BulkheadFullError, NoInstanceError, NotServedError, OutOfTimeError, PacedError)) return 'unknown';
  if (isOneOf(error, RejectedError, ThrottledError)) return 'well';
  return error instanceof UnavailableError ? 'failed' : 'unknown';
}
