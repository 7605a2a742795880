import type { TokenRequest } from '@rollcall/local/internal/services/issuer';

/** Request for a token that is valid for every member, with the stages' default scopes. */
export const EVERY_MEMBER = { scope: 'members:read members:write' } as const satisfies TokenRequest;
