import { signerOf } from '@rollcall/kit/aws';
import { pathOf } from '@rollcall/kit/http';
import { RejectedError, type Try, UnavailableError } from '@rollcall/kit/resilience';
import { passengerRoutes, permission } from '../../shared/routes.ts';

/**
 * Fetches from the passenger service whether a passenger may ride (request/response). The request is signed with the
 * function's role, which may call only this route.
 * @param api URL of the API
 */
export const fetchPermission =
  (api: string) =>
  async (id: string, { signal }: Try): Promise<boolean> => {
    const route = passengerRoutes.permission;
    const url = new URL(api + pathOf(route, { id }));
    const headers = await signerOf('execute-api')(url, { host: url.host }, undefined, route.method);
    const response = await fetch(url, { method: route.method, headers, signal }).catch((cause: Error) => {
      throw new UnavailableError(`the passenger service did not respond: ${cause.message}`, { cause });
    });
    if (response.ok) return permission.parse(await response.json()).mayRide;
    const message = `the passenger service responded with status ${response.status} to ${route.method} ${url.pathname}`;
    throw response.status >= 500 || response.status === 429
      ? new UnavailableError(message)
      : new RejectedError(message);
  };
