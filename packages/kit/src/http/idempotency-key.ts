import { idempotencyKey } from '../contracts/fields.ts';
import { header } from './endpoint.ts';
import { Problem } from './problems.ts';
import type { HttpEvent } from './secured.ts';

/** @throws {Problem} invalid-header */
export function idempotencyKeyOf(event: HttpEvent): string | undefined {
  const { data, error } = idempotencyKey.optional().safeParse(header(event, 'idempotency-key'));
  if (!error) return data;
  throw new Problem('invalid-header', `Idempotency-Key ${error.issues[0]?.message}.`);
}
