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
  /** Idempotency key: the provider shows it once. */
  key: string;
  /** Id of a passenger or driver. */
  to: string;
  tripId: string;
  says: 'offer' | 'withdrawn' | 'assigned' | 'asking-on' | 'unserved' | 'completed' | 'refused';
  /** Additional data, such as the route of an offer. */
  about?: object;
}

/** `POST {url}/pushes`, as most providers of push notifications have it: with an idempotency key. */
export const sendTo =
  (url: string) =>
  async ({ key, ...push }: Push, { signal }: Try): Promise<void> => {
    const response = await fetch(`${url}/pushes`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'idempotency-key': key },
      body: JSON.stringify(push),
      signal,
    }).catch((cause: Error) => {
      throw new UnavailableError(`the push provider does not answer: ${cause.message}`, {
        outcomeUnknown: true,
        cause,
      });
    });
    if (response.ok) return;
    const why = `the push provider answers ${response.status}`;
    if (response.status === 429) throw new ThrottledError(why, 1_000);
    throw response.status >= 500 ? new UnavailableError(why, { outcomeUnknown: true }) : new RejectedError(why);
  };

/** Shows a notification on a phone, at least once. @param service the calling service */
export function createPush(service: string): RemoteService<Push, void> {
  const { PUSH_URL } = readEnvironment(z.object({ PUSH_URL: z.url() }));
  return remoteService({ name: 'push-provider', call: sendTo(PUSH_URL), logger: createObservability(service).logger });
}
