import { readEnvironment } from '@rollcall/kit/aws';
import { createObservability } from '@rollcall/kit/observability';
import {
  RejectedError,
  type RemoteService,
  ThrottledError,
  type Try,
  UnavailableError,
} from '@rollcall/kit/resilience';
import * as z from 'zod';
import { remoteService } from './remote-service.ts';

export interface Push {
  /** Idempotency key. The provider shows only one notification per key. */
  key: string;
  /** ID of a passenger or driver. */
  to: string;
  tripId: string;
  kind: 'offer' | 'withdrawn' | 'assigned' | 'still-searching' | 'unserved' | 'completed' | 'refused';
  /** Additional data, such as the route of an offer. */
  about?: object;
}

/** Calls `POST {url}/pushes` with an idempotency key, which most providers of push notifications support. */
export const sendTo =
  (url: string) =>
  async ({ key, ...push }: Push, { signal }: Try): Promise<void> => {
    const response = await fetch(`${url}/pushes`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'idempotency-key': key },
      body: JSON.stringify(push),
      signal,
    }).catch((cause: Error) => {
      throw new UnavailableError(`the push provider did not respond: ${cause.message}`, {
        outcomeUnknown: true,
        cause,
      });
    });
    if (response.ok) return;
    const message = `the push provider responded with status ${response.status}`;
    if (response.status === 429) throw new ThrottledError(message, 1_000);
    throw response.status >= 500 ? new UnavailableError(message, { outcomeUnknown: true }) : new RejectedError(message);
  };

/**
 * Creates a client of the push provider. Retries use the same key, so the provider shows a notification only once.
 * @param service the calling service
 */
export function createPush(service: string): RemoteService<Push, void> {
  const { PUSH_URL } = readEnvironment(z.object({ PUSH_URL: z.url() }));
  return remoteService({ name: 'push-provider', call: sendTo(PUSH_URL), logger: createObservability(service).logger });
}
