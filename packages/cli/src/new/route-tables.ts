import type { Route } from '@rollcall/kit/internal/contracts/route';
import { OperatorError } from '../stage/errors.ts';
import type { Source } from './sources.ts';

/** A table of routes in `shared/`, in the expected form. */
export interface RouteTable extends Source {
  /** The name of its export. */
  variable: string;
}

const TABLE = /^export const (\w*[rR]outes) = \{\n(?:.*\n)*?\} as const satisfies Record<string, Route>;$/gm;
const ROUTE = /\bmethod:\s*['"](\w+)['"],\s*path:\s*['"]([^'"]+)['"]/g;
const END = '\n} as const satisfies Record<string, Route>;';

/**
 * Returns the only table of routes that the sources of a service import. If a publisher's sources import no table,
 * returns the only table of the app. Returns undefined in all other cases. A subscriber that imports only the topic
 * from a publisher's file does not import the table in this file.
 */
export function tableOf(
  shared: readonly Source[],
  service: readonly Source[],
  publishes: boolean,
): RouteTable | undefined {
  const tables = shared.flatMap(({ file, text }) =>
    [...text.matchAll(TABLE)].map(([, variable = '']) => ({ file, text, variable })),
  );
  const imported = tables.filter(({ file, variable }) =>
    service.some(({ text }) => text.includes(`'../../${file}'`) && new RegExp(`\\b${variable}\\b`).test(text)),
  );
  const [only, ...others] = imported.length > 0 || !publishes ? imported : tables;
  return others.length === 0 ? only : undefined;
}

export const routeLine = (key: string, { method, path, access }: Route): string =>
  `${key}: { method: '${method}', path: '${path}', access: '${access}' },`;

/** Appends a route to a table. @returns the complete new text of the file */
export function withRoute({ text, variable }: RouteTable, key: string, route: Route): string {
  const end = text.indexOf(END, text.indexOf(`export const ${variable} = {`));
  return `${text.slice(0, end)}\n  ${routeLine(key, route)}${text.slice(end)}`;
}

/** @throws {OperatorError} if the table already has that key */
export function checkKeyIsFree({ file, text, variable }: RouteTable, key: string): void {
  const begin = text.indexOf(`export const ${variable} = {`);
  const entries = text.slice(begin, text.indexOf(END, begin));
  if (new RegExp(`^ +${key}:`, 'm').test(entries))
    throw new OperatorError(`Nothing was written: ${variable} of ${file} already has a route ${key}.`);
}

/** @throws {OperatorError} if `shared/` has a route with that method and path */
export function checkRouteIsFree(shared: readonly Source[], { method, path }: Pick<Route, 'method' | 'path'>): void {
  const wanted = shapeOf(method, path);
  const found = shared.find(({ text }) =>
    [...text.matchAll(ROUTE)].some(
      ([, otherMethod = '', otherPath = '']) => shapeOf(otherMethod, otherPath) === wanted,
    ),
  );
  if (found) throw new OperatorError(`Nothing was written: ${found.file} already has a route ${method} ${path}.`);
}

/** The key for comparing routes. API Gateway treats routes as equal if they differ only in parameter names. */
const shapeOf = (method: string, path: string) => `${method} ${path.replaceAll(/\{[^}]*\}/g, '{}')}`;

/** @throws {OperatorError} if the path is invalid */
export function checkPath(path: string): void {
  const refuse = (why: string): never => {
    throw new OperatorError(`"${path}" is not a valid path: ${why}.`);
  };
  if (!path.startsWith('/')) refuse('it must start with a slash, such as /items/{id}');
  const segments = path.slice(1).split('/');
  if (segments.includes('')) refuse('it has an empty segment');
  const parameters = segments.filter((segment) => /[{}]/.test(segment));
  if (parameters.some((parameter) => parameter !== '{id}') || parameters.length > 1)
    refuse('its only parameter must be called {id}, and be a whole segment');
  const wrong = segments.find((segment) => segment !== '{id}' && !/^[A-Za-z0-9._~-]+$/.test(segment));
  if (wrong !== undefined) refuse(`"${wrong}" has characters other than letters, digits, ".", "_", "~" and "-"`);
}
