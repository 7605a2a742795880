import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import type * as z from 'zod';
import { clientDefaults } from '../aws/clients.ts';
import { NotServedError } from './errors.ts';

/** How long a value is cached: an operator can change it without a deployment. */
const MAX_AGE_MS = 5 * 60_000;
/** Retry interval for a secret that could not be read, or has no value yet. */
const FAILURE_AGE_MS = 10_000;

/**
 * A secret whose value is a JSON object of the given shape, read when it is needed; if that fails, the last known value
 * stays in use.
 * @beta
 */
export function createSecret<S extends z.ZodType>(id: string, shape: S, now: () => Date): () => Promise<z.output<S>> {
  const client = new SecretsManagerClient(clientDefaults);
  let known: { value?: z.output<S>; failure?: Error; readAt: number } | undefined;

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
    const before = known?.value;
    known = await read().then(
      (value) => ({ value, readAt }),
      (failure: Error) => ({ ...(before && { value: before }), failure, readAt }),
    );
  }

  /** The ten messages of a batch need it at once: it is read once. */
  let reading: Promise<void> | undefined;

  return async () => {
    const isFresh = known && now().getTime() - known.readAt < (known.failure ? FAILURE_AGE_MS : MAX_AGE_MS);
    if (!isFresh) {
      reading ??= readAgain().finally(() => {
        reading = undefined;
      });
      await reading;
    }
    if (known?.value) return known.value;
    throw new NotServedError(`secret ${id} cannot be used: ${known?.failure?.message}`, { cause: known?.failure });
  };
}

/** Invalid JSON is not quoted: it may be the secret. */
function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
