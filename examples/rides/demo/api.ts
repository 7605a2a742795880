import { setTimeout as delay } from 'node:timers/promises';
import type { Cloud } from '@rollcall/local';

const MAX_ATTEMPTS = 8;
const PAUSE_MS = 250;

export type Call = (method: string, path: string, body: object) => Promise<void>;

/**
 * Returns a function that calls the API as a user. This function repeats a request after a response of 500 or above,
 * which is safe because every request is idempotent.
 */
export async function callerOf(cloud: Cloud, who: { sub?: string; scope: string }): Promise<Call> {
  const authorization = `Bearer ${await cloud.issuer.token({ ...who, expiresIn: 24 * 3_600 })}`;
  return async (method, path, body) => {
    for (let attempt = 1; ; attempt++) {
      const { status, body: response } = await cloud.request(method, path, body, { authorization });
      if (status < 300) return;
      if (status < 500 || attempt === MAX_ATTEMPTS)
        throw new Error(`${method} ${path}: ${status} ${JSON.stringify(response)}`);
      await delay(PAUSE_MS * attempt);
    }
  };
}
