import * as z from 'zod';

const scope = z.string().regex(/^[\x21\x23-\x5b\x5d-\x7e]+$/, { error: 'must be a scope as RFC 6749 §3.3 has it' });

/**
 * The scopes of tokens that are good for everything.
 * @beta
 */
export const tokenScopes = z.strictObject({ read: scope, write: scope });

/**
 * The scopes by which a token reads or writes what is not its subject's own.
 * @beta
 */
export type TokenScopes = z.output<typeof tokenScopes>;

/** Of a stage that is set to no others. */
export const DEFAULT_SCOPES: TokenScopes = { read: 'read', write: 'write' };
