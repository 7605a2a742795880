import { createHmac } from 'node:crypto';
import { createSecret } from '@rollcall/kit/resilience';
import * as z from 'zod';

/** Shorter than 32 characters, it could be guessed. */
const shape = z.object({ key: z.string().min(32) });

/** Stands for something personal, such as a phone, in keys of tables: the same for the same, and good for nothing else. */
export type Pseudonym = (personal: string) => Promise<string>;

/**
 * Pseudonyms by HMAC-SHA-256 with the key in a secret: 43 characters, which say nothing without the key. It never
 * changes, so once it is known it is not read again.
 */
export function createPseudonym(secretId: string, now: () => Date): Pseudonym {
  const secret = createSecret(secretId, shape, now);
  let key: string | undefined;
  return async (personal) => {
    key ??= (await secret()).key;
    return createHmac('sha256', key).update(personal).digest('base64url');
  };
}
