import { createHmac } from 'node:crypto';
import { createSecret } from '@rollcall/kit/resilience';
import * as z from 'zod';

/** A key of fewer than 32 characters could be guessed. */
const shape = z.object({ key: z.string().min(32) });

/**
 * Computes the pseudonym that replaces personal data, such as a phone, in keys of tables. The same data has the same
 * pseudonym.
 */
export type Pseudonym = (personal: string) => Promise<string>;

/**
 * Computes pseudonyms by HMAC-SHA-256 with the key in a secret. A pseudonym has 43 characters. Without the key, nobody
 * can compute the pseudonym of a phone. The key never changes, so it is cached without expiry.
 */
export function createPseudonym(secretId: string, now: () => Date): Pseudonym {
  const secret = createSecret(secretId, shape, now);
  let key: string | undefined;
  return async (personal) => {
    key ??= (await secret()).key;
    return createHmac('sha256', key).update(personal).digest('base64url');
  };
}
