import { idempotencyKey } from '../contracts/fields.ts';
import { Problem } from './problems.ts';
import type { HttpEvent } from './secured.ts';

/**
 * The `Idempotency-Key` of a request: 1 to 255 visible ASCII characters; undefined if there is none.
 * @throws {Problem} invalid-header
 * @beta
 */
export function idempotencyKeyOf(event: HttpEvent): string | undefined {
  const { data, error } = idempotencyKey.optional().safeParse(event.headers['idempotency-key']);
  if (!error) return data;
  throw new Problem('invalid-header', `Idempotency-Key ${error.issues[0]?.message}.`);
}
