import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import type * as z from 'zod';
import { clientDefaults } from '../aws/clients.ts';
import { NotServedError } from './errors.ts';

/** How long a value is cached. A changed value takes effect within this time, without a deployment. */
const MAX_AGE_MS = 5 * 60_000;
/** Retry interval for a secret that could not be read, or has no valid value. */
const FAILURE_AGE_MS = 10_000;

/**
 * Creates a function that returns the value of a secret, a JSON object of the given shape. The secret is read when it
 * is needed. If a read fails, the last known value stays in use. If no value is known, the function rejects with a
 * `NotServedError`.
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

/** Returns undefined for invalid JSON. An error of the parser would quote the text, which may be the secret. */
function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
