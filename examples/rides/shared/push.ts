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
  /** The same of a repetition: the provider shows it once. */
  key: string;
  /** A passenger or driver. */
  to: string;
  tripId: string;
  says: 'offer' | 'withdrawn' | 'assigned' | 'asking-on' | 'unserved' | 'completed' | 'refused';
  /** What goes with it, such as the way of an offer. */
  about?: object;
}

/** `POST {url}/pushes`, as a provider of push notifications has it: with an idempotency key. */
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

/** What shows a message on a phone, at least once. @param service that has it shown */
export function createPush(service: string): RemoteService<Push, void> {
  const { PUSH_URL } = readEnvironment(z.object({ PUSH_URL: z.url() }));
  return remoteService({ name: 'push-provider', call: sendTo(PUSH_URL), logger: createObservability(service).logger });
}
