import type { TokenScopes } from '@rollcall/kit/contracts';
import { type HttpEvent, notFound, pathId } from '@rollcall/kit/http';
import { aboutAggregate } from '@rollcall/kit/observability';
import type {
  APIGatewayEventRequestContextJWTAuthorizer,
  APIGatewayEventRequestContextV2WithAuthorizer,
} from 'aws-lambda';

type Access = keyof TokenScopes;

/** Returns the ID of the member in the path, and records the ID on the current span. */
function memberId(event: HttpEvent): string {
  const id = pathId(event, 'member');
  aboutAggregate(id);
  return id;
}

/**
 * Creates functions that check the access that the verified token of a request grants. A token allows every request
 * about the member who is the token's subject. The token's scopes allow requests about any member. A request without a
 * token has no access.
 */
export function createMemberAccess(scopes: TokenScopes) {
  function mayAccess({ requestContext }: HttpEvent, id: string, access: Access): boolean {
    const { authorizer } = requestContext as Partial<
      APIGatewayEventRequestContextV2WithAuthorizer<APIGatewayEventRequestContextJWTAuthorizer>
    >;
    const { scope, scp, ...claims } = authorizer?.jwt?.claims ?? {};
    // IDs in tokens may be in upper or lower case (RFC 9562 §4).
    const sub = String(claims.sub).toLowerCase();
    // The name of the claim depends on the token's issuer. API Gateway passes a list as `[a b]`.
    const granted = String(scope ?? scp ?? '').replace(/^\[(.*)\]$/, '$1');
    return sub === id || granted.split(' ').includes(scopes[access]);
  }

  /** @throws {Problem} 404, which hides whether the member exists */
  function requireAccess(event: HttpEvent, access: Access): string {
    const id = memberId(event);
    if (mayAccess(event, id, access)) return id;
    throw notFound(`member ${id}`);
  }

  return {
    mayAccess,
    /** The ID of the member in the path, if the caller may read the member. @throws {Problem} 404 */
    readable: (event: HttpEvent): string => requireAccess(event, 'read'),
    /** The ID of the member in the path, if the caller may change the member. @throws {Problem} 404 */
    writable: (event: HttpEvent): string => requireAccess(event, 'write'),
  };
}
