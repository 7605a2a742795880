import { signerOf } from '@rollcall/kit/aws';
import { pathOf } from '@rollcall/kit/http';
import { RejectedError, type Try, UnavailableError } from '@rollcall/kit/resilience';
import { passengerRoutes, permission } from '../../shared/routes.ts';

/**
 * Request/response: asks whether a passenger may ride. Signed with the function's role, which may call only this route.
 * @param api its URL
 */
export const askPassenger =
  (api: string) =>
  async (id: string, { signal }: Try): Promise<boolean> => {
    const route = passengerRoutes.permission;
    const url = new URL(api + pathOf(route, { id }));
    const headers = await signerOf('execute-api')(url, { host: url.host }, undefined, route.method);
    const response = await fetch(url, { method: route.method, headers, signal }).catch((cause: Error) => {
      throw new UnavailableError(`the passenger service does not answer: ${cause.message}`, { cause });
    });
    if (response.ok) return permission.parse(await response.json()).mayRide;
    const why = `the passenger service answers ${response.status} to ${route.method} ${url.pathname}`;
    throw response.status >= 500 || response.status === 429 ? new UnavailableError(why) : new RejectedError(why);
  };
