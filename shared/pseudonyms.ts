import { createHmac } from 'node:crypto';
import { createSecret } from '@rollcall/kit/resilience';
import * as z from 'zod';

/** A key of fewer than 32 characters could be guessed. */
const shape = z.object({ key: z.string().min(32) });

/** Replaces personal data, such as a phone, in keys of tables: deterministic, and not reversible. */
export type Pseudonym = (personal: string) => Promise<string>;

/**
 * Pseudonyms by HMAC-SHA-256 with the key in a secret: 43 characters, meaningless without the key. The key never
 * changes, so it is cached forever.
 */
export function createPseudonym(secretId: string, now: () => Date): Pseudonym {
  const secret = createSecret(secretId, shape, now);
  let key: string | undefined;
  return async (personal) => {
    key ??= (await secret()).key;
    return createHmac('sha256', key).update(personal).digest('base64url');
  };
}
