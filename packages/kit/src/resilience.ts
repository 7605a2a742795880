/** Calls to unreliable services: circuit breakers, rate limits, time budgets, switches, secrets. */
export { timeLeft, withinBudget } from './resilience/budget.ts';
export type { CircuitState } from './resilience/circuit.ts';
export { createTokenStore } from './resilience/dynamodb-token-store.ts';
export {
  BulkheadFullError,
  NotServedError,
  OutOfTimeError,
  PacedError,
  RejectedError,
  RemoteError,
  ThrottledError,
  UnavailableError,
} from './resilience/errors.ts';
export { createLeasedTokens } from './resilience/leased-tokens.ts';
export { createNodes } from './resilience/nodes.ts';
export { createRemoteService, type RemoteService, type Try } from './resilience/remote-service.ts';
export { createSecret } from './resilience/secrets.ts';
export { createStageBreaker } from './resilience/stage-breaker.ts';
export { changeSwitches, createSwitches } from './resilience/switches.ts';
export { createTokenBuckets } from './resilience/token-bucket.ts';
