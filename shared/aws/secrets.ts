import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import type * as z from 'zod';
import { NotServedError } from '../resilience/errors.ts';
import { clientDefaults } from './clients.ts';

/** So long a value is known before it is read again: an operator changes one without a deployment. */
const MAX_AGE_MS = 5 * 60_000;

/** A secret whose value is a JSON object of the given shape, read when it is needed; if that fails, the last known holds. */
export function createSecret<S extends z.ZodType>(id: string, shape: S, now: () => Date): () => Promise<z.output<S>> {
  const client = new SecretsManagerClient(clientDefaults);
  let known: { value: z.output<S>; readAt: number } | undefined;

  async function read(): Promise<z.output<S>> {
    const { SecretString = '' } = await client.send(new GetSecretValueCommand({ SecretId: id }));
    const parsed = shape.safeParse(jsonIn(SecretString));
    if (parsed.success) return parsed.data;
    throw new Error(
      `it is not filled in: ${parsed.error.issues.map(({ path }) => path.join('.') || 'no JSON').join(', ')}`,
    );
  }

  return async () => {
    const at = now().getTime();
    if (known && at - known.readAt < MAX_AGE_MS) return known.value;
    try {
      known = { value: await read(), readAt: at };
    } catch (cause) {
      if (!known) throw new NotServedError(`secret ${id} cannot be used: ${(cause as Error).message}`, { cause });
      known.readAt = at;
    }
    return known.value;
  };
}

/** What is no JSON is not repeated: it may be the secret. */
function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
