/** Logs, metrics and spans of a function. */
export { createObservability, type Observability } from './observability/observability.ts';
export { aboutAggregate, currentTraceparent, isTraceparent } from './observability/spans.ts';
export { flushed } from './observability/tracing.ts';
