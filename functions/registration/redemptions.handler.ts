import { causeOf, endpoint, type HttpEvent, idempotencyKeyOf, json, jsonEndpoint, pathId } from '@rollcall/kit/http';
import { createObservability } from '@rollcall/kit/observability';
import { type OperationResource, redemption } from '../../shared/contracts/operation.ts';
import { routes } from '../../shared/contracts/routes.ts';
import { preferredWait } from './prefer.ts';
import { createRedemptions } from './redemptions.ts';
import { operationResource } from './resources.ts';
import { createServices } from './services.ts';

// These handlers have their own file, so that the bundle of `api.handler.ts` does not contain the process.

const { logger } = createObservability('registration');
const { dependencies, admission, memberAccess, locationOf } = createServices({ logger });
const redemptions = createRedemptions(dependencies);
const { writable, mayAccess } = memberAccess;

export const redeem = jsonEndpoint(logger, redemption, async (event, body) => {
  const id = writable(event);
  await admission.admitChange();
  const operation = await redemptions.redeem(id, body, idempotencyKeyOf(event), causeOf(event));
  const location = locationOf(routes.readOperation, operation);
  const resource = operationResource(await awaitResult(event, operation.id, operation));
  return json(resource.state === 'pending' ? 202 : 200, resource, { ...waitHeaders(event, resource), location });
});

export const readOperation = endpoint(logger, async (event) => {
  const id = pathId(event, 'operation');
  const operation = await redemptions.read(id, (member) => mayAccess(event, member, 'read'));
  const resource = operationResource(await awaitResult(event, id, operation));
  return json(200, resource, waitHeaders(event, resource));
});

/**
 * The seconds that a caller wants to wait for a result. Undefined without a valid preference, and for HEAD, where
 * waiting would have no benefit.
 */
const requestedWait = (event: HttpEvent) =>
  event.requestContext.http.method === 'HEAD' ? undefined : preferredWait(event.headers.prefer);

/** Waits until the operation is no longer pending, at most for the time that the caller requested. */
async function awaitResult(event: HttpEvent, id: string, current: Awaited<ReturnType<typeof redemptions.read>>) {
  const seconds = requestedWait(event);
  return seconds === undefined ? current : redemptions.watch(id, seconds);
}

function waitHeaders(event: HttpEvent, { state }: OperationResource): Record<string, string> {
  const seconds = requestedWait(event);
  return {
    ...(seconds !== undefined && { 'preference-applied': `wait=${seconds}` }),
    ...(state === 'pending' && { 'retry-after': '1' }),
  };
}
