/**
 * A route of an HTTP API, with its access control. `public` allows everybody. `read` and `write` require a token of the
 * subject itself, or a token with a scope that allows reading or writing any subject. `services` allows services of the
 * same account, which sign their requests.
 * @public
 */
export interface Route {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** The path parameter is written as `{id}`. */
  readonly path: string;
  readonly access: 'public' | 'read' | 'write' | 'services';
}
