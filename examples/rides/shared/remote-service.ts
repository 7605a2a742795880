import type { Logger } from '@rollcall/kit/observability';
import { createRemoteService, createStageBreaker, type RemoteService, type Try } from '@rollcall/kit/resilience';

export interface RemoteServiceOptions<Request, Response> {
  /** Name of the circuit. */
  name: string;
  /** Must be idempotent. */
  call: (request: Request, attempt: Try) => Promise<Response>;
  logger: Logger;
}

/**
 * Creates the client of another service or a provider, with two seconds per attempt, three attempts, ten concurrent
 * calls and a circuit breaker.
 */
export const remoteService = <Request, Response>({
  name,
  call,
  logger,
}: RemoteServiceOptions<Request, Response>): RemoteService<Request, Response> =>
  createRemoteService({
    name,
    call,
    timeoutMs: 2_000,
    atOnce: 10,
    retry: { tries: 3, isIdempotent: () => true },
    breaker: createStageBreaker({ name, logger }),
  });
