import { setTimeout as delay } from 'node:timers/promises';
import type { Cloud } from '@rollcall/local';

const TRIES = 8;
const PAUSE_MS = 250;

export type Call = (method: string, path: string, body: object) => Promise<void>;

/** Calls the API as a user, and retries while it is busy: every request is idempotent. */
export async function callerOf(cloud: Cloud, who: { sub?: string; scope: string }): Promise<Call> {
  const authorization = `Bearer ${await cloud.issuer.token({ ...who, expiresIn: 24 * 3_600 })}`;
  return async (method, path, body) => {
    for (let tried = 1; ; tried++) {
      const { status, body: said } = await cloud.request(method, path, body, { authorization });
      if (status < 300) return;
      if (status < 500 || tried === TRIES) throw new Error(`${method} ${path}: ${status} ${JSON.stringify(said)}`);
      await delay(PAUSE_MS * tried);
    }
  };
}
