/** Endpoints of an HTTP API: problems, conditions, validation, tokens. */
export { type Audit, type Cause, causeOf, createAudit } from './http/audit.ts';
export { callerOf } from './http/caller.ts';
export { committed } from './http/committed.ts';
export { etag, evaluate, type Preconditions } from './http/conditions.ts';
export { endpoint, header, json, jsonEndpoint, NOTHING, PUBLIC, pathId, preconditions } from './http/endpoint.ts';
export { toProblem } from './http/failures.ts';
export { idempotencyKeyOf } from './http/idempotency-key.ts';
export { idOf } from './http/ids.ts';
export { createLocation } from './http/location.ts';
export { preferredWait } from './http/prefer.ts';
export { busy, notFound, Problem, problemDocument } from './http/problems.ts';
export { requireToken } from './http/rate-limit.ts';
export { allowedMethods, pathOf } from './http/routing.ts';
export { type HttpEvent, type HttpResponse, secured } from './http/secured.ts';
export { served } from './http/served.ts';
export { validated } from './http/validation.ts';
