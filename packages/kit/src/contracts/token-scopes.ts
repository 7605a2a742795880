import * as z from 'zod';

const scope = z.string().regex(/^[\x21\x23-\x5b\x5d-\x7e]+$/, { error: 'must be a scope (RFC 6749 §3.3)' });

/**
 * The scopes that allow a token to read, or write, any subject.
 * @beta
 */
export const tokenScopes = z.strictObject({ read: scope, write: scope });

/**
 * The scopes that allow a token to read, or write, subjects other than its own.
 * @beta
 */
export type TokenScopes = z.output<typeof tokenScopes>;

/** The scopes of a stage that does not set scopes. */
export const DEFAULT_SCOPES: TokenScopes = { read: 'read', write: 'write' };
