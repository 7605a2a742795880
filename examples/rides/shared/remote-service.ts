import type { Logger } from '@rollcall/kit/observability';
import { createRemoteService, createStageBreaker, type RemoteService, type Try } from '@rollcall/kit/resilience';

export interface RemoteServiceOptions<Request, Answer> {
  /** Name of its circuit. */
  name: string;
  /** Must be idempotent. */
  call: (request: Request, one: Try) => Promise<Answer>;
  logger: Logger;
}

/**
 * How services of rides call each other and providers: two seconds per try, three tries, ten concurrent calls, behind a
 * breaker.
 */
export const remoteService = <Request, Answer>({
  name,
  call,
  logger,
}: RemoteServiceOptions<Request, Answer>): RemoteService<Request, Answer> =>
  createRemoteService({
    name,
    call,
    timeoutMs: 2_000,
    atOnce: 10,
    retry: { tries: 3, isIdempotent: () => true },
    breaker: createStageBreaker({ name, logger }),
  });
