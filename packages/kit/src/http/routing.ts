import type { Route } from '../contracts/route.ts';

/**
 * The path of a route with its parameters filled in.
 * @public
 */
export const pathOf = (route: Route, { id = '' }: { id?: string } = {}) =>
  route.path.replace('{id}', encodeURIComponent(id));

/**
 * The methods allowed at a path; empty if no route has this path.
 * @beta
 */
export function allowedMethods(routes: readonly Route[], path: string): string[] {
  const methods = routes.filter((route) => matches(route.path, path)).map(({ method }) => method);
  if (methods.length === 0) return [];
  return [...methods.flatMap((method) => (method === 'GET' ? ['GET', 'HEAD'] : [method])), 'OPTIONS'];
}

function matches(template: string, path: string): boolean {
  const parts = path.split('/');
  const expected = template.split('/');
  return (
    parts.length === expected.length &&
    expected.every((part, i) => (part.startsWith('{') ? parts[i] !== '' : part === parts[i]))
  );
}
