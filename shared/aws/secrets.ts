import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import type * as z from 'zod';
import { UnavailableError } from '../resilience/errors.ts';
import { clientDefaults } from './clients.ts';

/** So long a value is known before it is read again: an operator changes one without a deployment. */
const MAX_AGE_MS = 5 * 60_000;

/** A secret whose value is a JSON object of the given shape, read when it is needed first. */
export function createSecret<S extends z.ZodType>(id: string, shape: S, now: () => Date): () => Promise<z.output<S>> {
  const client = new SecretsManagerClient(clientDefaults);
  let known: { value: z.output<S>; readAt: number } | undefined;
  return async () => {
    const at = now().getTime();
    if (known && at - known.readAt < MAX_AGE_MS) return known.value;
    const { SecretString = '' } = await client
      .send(new GetSecretValueCommand({ SecretId: id }))
      .catch((cause: Error) => {
        throw new UnavailableError(`secret ${id} cannot be read: ${cause.message}`, { cause });
      });
    const parsed = shape.safeParse(JSON.parse(SecretString));
    if (!parsed.success) {
      const fields = parsed.error.issues.map(({ path }) => path.join('.')).join(', ');
      throw new UnavailableError(`secret ${id} is not filled in: ${fields}`);
    }
    known = { value: parsed.data, readAt: at };
    return known.value;
  };
}
