import type { TokenScopes } from '@rollcall/kit/contracts';
import { type HttpEvent, notFound, pathId } from '@rollcall/kit/http';
import { aboutAggregate } from '@rollcall/kit/observability';
import type {
  APIGatewayEventRequestContextJWTAuthorizer,
  APIGatewayEventRequestContextV2WithAuthorizer,
} from 'aws-lambda';

type Access = keyof TokenScopes;

/** The member that the path names. */
function memberId(event: HttpEvent): string {
  const id = pathId(event, 'member');
  aboutAggregate(id);
  return id;
}

/**
 * What the verified token of a request allows: everything about the member who is its subject, or what its scopes allow
 * for every member. A request without a token allows nothing.
 */
export function createMemberAccess(scopes: TokenScopes) {
  function mayAccess({ requestContext }: HttpEvent, id: string, access: Access): boolean {
    const { authorizer } = requestContext as Partial<
      APIGatewayEventRequestContextV2WithAuthorizer<APIGatewayEventRequestContextJWTAuthorizer>
    >;
    const { scope, scp, ...claims } = authorizer?.jwt?.claims ?? {};
    // Ids in tokens are read in any case (RFC 9562 §4).
    const sub = String(claims.sub).toLowerCase();
    // Providers name the claim differently; API Gateway passes a list as `[a b]`.
    const granted = String(scope ?? scp ?? '').replace(/^\[(.*)\]$/, '$1');
    return sub === id || granted.split(' ').includes(scopes[access]);
  }

  /** @throws {Problem} 404: it hides whether the member exists */
  function required(event: HttpEvent, access: Access): string {
    const id = memberId(event);
    if (mayAccess(event, id, access)) return id;
    throw notFound(`member ${id}`);
  }

  return {
    mayAccess,
    /** The member in the path, if the caller may read it. @throws {Problem} 404 */
    readable: (event: HttpEvent): string => required(event, 'read'),
    /** The member in the path, if the caller may change it. @throws {Problem} 404 */
    writable: (event: HttpEvent): string => required(event, 'write'),
  };
}
