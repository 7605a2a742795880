import type { LambdaFunction } from '../lambda/function.ts';
import type { Authorize } from './authorizers.ts';

export interface ApiRoute {
  key: string;
  method: string;
  parts: string[];
  target: () => LambdaFunction;
  authorize: Authorize | undefined;
  /** The timeout of the route's integration. */
  timeoutMs: number;
}

export interface Match {
  route: ApiRoute;
  pathParameters: Record<string, string>;
}

/** The routes of an API. */
export class Routes {
  readonly #routes: ApiRoute[] = [];

  /** @param key `METHOD /path/{parameter}`, `ANY /path/{rest+}` or `$default` */
  add({ key, ...route }: Omit<ApiRoute, 'method' | 'parts'>): void {
    const [method = '', path = ''] = key === '$default' ? ['ANY', '/{proxy+}'] : key.split(' ');
    this.#routes.push({ key, method, parts: path.split('/').slice(1), ...route });
    // The most specific route matches first: literal parts before parameters, parameters before greedy parameters, and
    // a method before ANY.
    this.#routes.sort((a, b) => rank(a).localeCompare(rank(b)));
  }

  /** Whether gRPC clients can call at least one of the routes: a route of the form `POST /package.Service/Method`. */
  get hasGrpcRoutes(): boolean {
    return this.#routes.some(
      ({ method, parts: [service = '', called = '', more] }) =>
        method === 'POST' && /^([\w.]+\.)?[A-Z]\w*$/.test(service) && /^[A-Z]\w*$/.test(called) && more === undefined,
    );
  }

  clear(): void {
    this.#routes.length = 0;
  }

  match(method: string, path: string): Match | undefined {
    const parts = path.split('/').slice(1);
    for (const route of this.#routes) {
      if (route.method !== 'ANY' && route.method !== method) continue;
      const pathParameters = parametersOf(route.parts, parts);
      if (pathParameters) return { route, pathParameters };
    }
    return undefined;
  }
}

const rank = ({ key, method, parts }: ApiRoute) =>
  key === '$default'
    ? '9'
    : `${parts.map((part) => (/^\{.*\+\}$/.test(part) ? '3' : part.startsWith('{') ? '2' : '1')).join('')}${method === 'ANY' ? '2' : '1'}`;

function parametersOf(template: readonly string[], parts: readonly string[]): Record<string, string> | undefined {
  const parameters: Record<string, string> = {};
  for (const [index, expected] of template.entries()) {
    const greedy = /^\{(.*)\+\}$/.exec(expected)?.[1];
    if (greedy) return { ...parameters, [greedy]: parts.slice(index).join('/') };
    const part = parts[index];
    if (part === undefined) return undefined;
    const name = /^\{(.*)\}$/.exec(expected)?.[1];
    if (name ? part === '' : part !== expected) return undefined;
    if (name) parameters[name] = decode(part);
  }
  return template.length === parts.length ? parameters : undefined;
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
