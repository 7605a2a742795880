import { type HttpEvent, Problem } from '@rollcall/kit/http';

/** Beside the scopes of the API, that of a token which is good for everybody. */
export const OPERATOR = 'operator';

interface Authorized {
  authorizer?: { jwt?: { claims: { sub?: unknown; scope?: unknown } } };
}

/**
 * @param id of whom it is about; undefined: of nobody who has a token of their own
 * @throws {Problem} 403, if the token is neither theirs nor an operator's
 */
export function requireCaller({ requestContext }: HttpEvent, id: string | undefined): void {
  const { sub, scope = '' } = (requestContext as Authorized).authorizer?.jwt?.claims ?? {};
  if (id !== undefined && sub === id) return;
  if (String(scope).split(' ').includes(OPERATOR)) return;
  throw new Problem({ code: 'forbidden', status: 403 }, 'The token is of somebody else.');
}
