import type { Route } from '../contracts/route.ts';
import { pathOf } from './routing.ts';

/**
 * A path as the headers `Location` and `Link` say it: clients resolve it against what they asked for (RFC 9110, 10.2.2;
 * RFC 8288, 3.1), so it begins with what stands before the API's own paths.
 * @param basePath empty, where the API is at the root of its address
 */
export const createLocation =
  (basePath: string) =>
  (route: Route, parameters?: { id?: string }): string =>
    `${basePath}${pathOf(route, parameters)}`;
