import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import type * as z from 'zod';
import { clientDefaults } from '../aws/clients.ts';
import { NotServedError } from './errors.ts';

/** How long a value is cached. Afterwards, a changed value takes effect without a deployment. */
const MAX_AGE_MS = 5 * 60_000;
/** Retry interval for a secret that could not be read, or has no value yet. */
const FAILURE_AGE_MS = 10_000;

/**
 * A secret whose value is a JSON object of the given shape, read when it is needed. If that fails, the last known value
 * stays in use.
 * @beta
 */
export function createSecret<S extends z.ZodType>(id: string, shape: S, now: () => Date): () => Promise<z.output<S>> {
  const client = new SecretsManagerClient(clientDefaults);
  let cached: { value?: z.output<S>; failure?: Error; readAt: number } | undefined;

  async function read(): Promise<z.output<S>> {
    const { SecretString = '' } = await client.send(new GetSecretValueCommand({ SecretId: id }));
    const parsed = shape.safeParse(jsonIn(SecretString));
    if (parsed.success) return parsed.data;
    throw new Error(
      `it has no valid value: ${parsed.error.issues.map(({ path }) => path.join('.') || 'not JSON').join(', ')}`,
    );
  }

  async function readAgain(): Promise<void> {
    const readAt = now().getTime();
    const before = cached?.value;
    cached = await read().then(
      (value) => ({ value, readAt }),
      (failure: Error) => ({ ...(before && { value: before }), failure, readAt }),
    );
  }

  /** The read in progress, which concurrent callers share, such as the ten messages of a batch. */
  let reading: Promise<void> | undefined;

  return async () => {
    const isFresh = cached && now().getTime() - cached.readAt < (cached.failure ? FAILURE_AGE_MS : MAX_AGE_MS);
    if (!isFresh) {
      reading ??= readAgain().finally(() => {
        reading = undefined;
      });
      await reading;
    }
    if (cached?.value) return cached.value;
    throw new NotServedError(`secret ${id} cannot be used: ${cached?.failure?.message}`, { cause: cached?.failure });
  };
}

/** Does not quote invalid JSON in an error, because it may be the secret. */
function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
