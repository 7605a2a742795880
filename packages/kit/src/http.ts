/** Endpoints of an HTTP API: problem documents, conditional requests, validation, rate limits. */
export { causeOf } from './http/cause.ts';
export { committed } from './http/committed.ts';
export { etag, evaluate } from './http/conditions.ts';
export { endpoint, httpFunction, json, jsonEndpoint, pathId, preconditions } from './http/endpoint.ts';
export { toProblem } from './http/failures.ts';
export { idempotencyKeyOf } from './http/idempotency-key.ts';
export { idOf } from './http/ids.ts';
export { busy, notFound, Problem, problemDocument } from './http/problems.ts';
export { requireToken } from './http/rate-limit.ts';
export { allowedMethods, pathOf } from './http/routing.ts';
export type { HttpEvent, HttpResponse } from './http/secured.ts';
export { validated } from './http/validation.ts';
