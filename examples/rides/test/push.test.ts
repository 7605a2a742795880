import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { RejectedError, ThrottledError, UnavailableError } from '@rollcall/kit/resilience';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { offerHandlers } from '../functions/driver/offers.ts';
import { notifyPassenger } from '../functions/notification/notify.ts';
import { type Push, sendTo } from '../shared/push.ts';

const aPush: Push = { key: 'one', to: 'ana', tripId: 'trip', kind: 'completed' };

describe('a message that is handled again', () => {
  const keys: string[] = [];
  const push = async ({ key }: Push) => void keys.push(key);

  it('notifies each driver with the same key as before, which differs from the keys of other drivers', async () => {
    const assigned = offerHandlers(push)['rides.dispatch.assigned.v1'] as unknown as (message: object) => {
      call: () => Promise<unknown>;
    };
    const data = { tripId: 'trip', passengerId: 'ana', driverId: 'ben', withdrawn: ['cleo'] };
    for (const id of ['message', 'message', 'other']) await assigned({ id, data }).call();
    expect(keys.splice(0)).toEqual([
      ...['message/ben', 'message/cleo', 'message/ben', 'message/cleo'],
      ...['other/ben', 'other/cleo'],
    ]);
  });

  it('notifies the passenger with the ID of the message as the key', async () => {
    const message = { id: 'message', data: { tripId: 'trip', passengerId: 'ana' } };
    for (const handled of [message, message]) await notifyPassenger(push)(handled, 'unserved').call();
    expect(keys.splice(0)).toEqual(['message', 'message']);
  });
});

describe('a request to the push provider', () => {
  let status = 204;
  let key: string | string[] | undefined;
  const server = createServer((request, response) => {
    key = request.headers['idempotency-key'];
    response.writeHead(status).end();
  });
  beforeAll(() => once(server.listen(0, '127.0.0.1'), 'listening'));
  afterAll(() => void server.close());
  const send = () =>
    sendTo(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)(aPush, { signal: AbortSignal.timeout(5_000) });

  it('contains the idempotency key', async () => {
    await send();
    expect(key).toBe('one');
  });

  it.each([
    [503, UnavailableError, true],
    [429, ThrottledError, false],
    [400, RejectedError, false],
  ])('status %i decides whether to retry, and whether the outcome is unknown', async (responded, error, unknown) => {
    status = responded;
    const thrown = await send().catch((cause) => cause);
    expect(thrown).toBeInstanceOf(error);
    expect(Boolean(thrown.outcomeUnknown)).toBe(unknown);
  });
});
