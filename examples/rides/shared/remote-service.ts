import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import type { Observability } from '@rollcall/kit/observability';
import {
  classify,
  createBreaker,
  createCircuitStore,
  createRemoteService,
  type RemoteService,
  type Try,
} from '@rollcall/kit/resilience';

export interface RemoteServiceOptions<Request, Answer> {
  /** Of its circuit. */
  name: string;
  /** May be repeated. */
  call: (request: Request, one: Try) => Promise<Answer>;
  circuits: { client: DynamoDBDocumentClient; tableName: string };
  logger: Observability['logger'];
}

/** How services of rides call one another and providers: at most two seconds a try, three tries, ten at once, behind a breaker. */
export const remoteService = <Request, Answer>({
  name,
  call,
  circuits,
  logger,
}: RemoteServiceOptions<Request, Answer>): RemoteService<Request, Answer> =>
  createRemoteService({
    name,
    call,
    timeoutMs: 2_000,
    atOnce: 10,
    retry: { tries: 3, isIdempotent: () => true },
    breaker: createBreaker({
      name,
      store: createCircuitStore({ ...circuits, random: Math.random }),
      classify,
      now: () => new Date(),
      onChange: (state) => logger.warn(`the circuit of ${name} is ${state.is}`),
      onFailure: (error) => logger.warn('the circuit cannot be kept: the last known holds', { error }),
    }),
  });
