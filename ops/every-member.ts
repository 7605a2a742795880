import type { TokenRequest } from '@rollcall/local/internal/services/issuer';

/** A token that is good for every member, as the stages' settings have it. */
export const EVERY_MEMBER = { scope: 'members:read members:write' } as const satisfies TokenRequest;
