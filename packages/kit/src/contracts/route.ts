/**
 * A route of an HTTP API. `access`: everybody; or a token of the subject itself, or one whose scope allows reading or
 * writing any subject; or services of the same account, which sign their requests.
 * @public
 */
export interface Route {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** With its path parameter as `{id}`. */
  readonly path: string;
  readonly access: 'public' | 'read' | 'write' | 'services';
}
