import { type HttpEvent, Problem } from '@rollcall/kit/http';

/** The scope of a token that may act for every user. The token needs the scopes of the API, too. */
export const OPERATOR = 'operator';

interface Authorized {
  authorizer?: { jwt?: { claims: { sub?: unknown; scope?: unknown } } };
}

/**
 * @param id the user that the request is about; undefined if the request is about no user
 * @throws {Problem} 403 if the token belongs neither to this user nor to an operator
 */
export function requireCaller({ requestContext }: HttpEvent, id: string | undefined): void {
  const { sub, scope = '' } = (requestContext as Authorized).authorizer?.jwt?.claims ?? {};
  if (id !== undefined && sub === id) return;
  if (String(scope).split(' ').includes(OPERATOR)) return;
  throw new Problem({ code: 'forbidden', status: 403 }, 'The token does not permit this request.');
}
