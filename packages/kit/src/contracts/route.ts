/**
 * A route of an HTTP API.
 * `access`: of everybody; or with a token of whom it is about, or one whose scope lets it read or write about everybody; or
 * of the account's own services, which sign their requests.
 * @public
 */
export interface Route {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** With its parameter as `{id}`. */
  readonly path: string;
  readonly access: 'public' | 'read' | 'write' | 'services';
}
