import { type HttpEvent, Problem } from '@rollcall/kit/http';

interface Authorized {
  authorizer?: { jwt?: { claims: { sub?: unknown; scope?: unknown } } };
}

/**
 * @param id of whom it is about; undefined: of nobody who has a token of their own
 * @throws {Problem} 403, if the token is neither theirs nor one with the scope
 */
export function requireCaller({ requestContext }: HttpEvent, id: string | undefined, needed: 'read' | 'write'): void {
  const { sub, scope = '' } = (requestContext as Authorized).authorizer?.jwt?.claims ?? {};
  if (sub === id && id !== undefined) return;
  if (String(scope).split(' ').includes(needed)) return;
  throw new Problem({ code: 'forbidden', status: 403 }, 'The token is of somebody else.');
}
