import type { TokenRequest } from '@rollcall/local/internal/services/issuer';

/** The request for a token that allows access to every member. Its scopes are those in the settings of the stages. */
export const EVERY_MEMBER = { scope: 'members:read members:write' } as const satisfies TokenRequest;
