/**
 * A route of an HTTP API, with its access control. `public` allows everybody. `read` and `write` require a valid token.
 * The route's function decides whether the token's subject or scopes give access to the requested resource, unless API
 * Gateway checks the scopes (`addServiceRoute` of `@rollcall/cdk`). `services` allows services of the same account,
 * which sign their requests.
 * @public
 */
export interface Route {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** The path parameter is written as `{id}`. */
  readonly path: string;
  readonly access: 'public' | 'read' | 'write' | 'services';
}
