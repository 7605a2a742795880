/** Logs, metrics and spans of a function. */
export type { Logger } from './observability/logger.ts';
export { createObservability } from './observability/observability.ts';
export { aboutAggregate, currentTraceparent, isTraceparent } from './observability/spans.ts';
export { flushed } from './observability/tracing.ts';
