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
 * What the token of a request, which API Gateway has verified, lets its bearer do: everything about the member who is its
 * subject, or what its scopes say about every member. A request without one may do nothing.
 */
export function createMemberAccess(scopes: TokenScopes) {
  function mayAccess({ requestContext }: HttpEvent, id: string, access: Access): boolean {
    const { authorizer } = requestContext as Partial<
      APIGatewayEventRequestContextV2WithAuthorizer<APIGatewayEventRequestContextJWTAuthorizer>
    >;
    const { scope, scp, ...claims } = authorizer?.jwt?.claims ?? {};
    // Ids are read in any case (RFC 9562 §4), whoever wrote them into a token.
    const sub = String(claims.sub).toLowerCase();
    // Providers differ in the name; a list reads `[a b]` here.
    const granted = String(scope ?? scp ?? '').replace(/^\[(.*)\]$/, '$1');
    return sub === id || granted.split(' ').includes(scopes[access]);
  }

  /** @throws {Problem} 404, as if there were no such member: who may not see one is not told that there is one */
  function required(event: HttpEvent, access: Access): string {
    const id = memberId(event);
    if (mayAccess(event, id, access)) return id;
    throw notFound(`member ${id}`);
  }

  return {
    mayAccess,
    /** The member that the path names, whom the caller may see. @throws {Problem} 404 */
    readable: (event: HttpEvent): string => required(event, 'read'),
    /** The member that the path names, whom the caller may change. @throws {Problem} 404 */
    writable: (event: HttpEvent): string => required(event, 'write'),
  };
}
