import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { RejectedError, UnavailableError } from '@rollcall/kit/resilience';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fetchPermission } from '../functions/trip/fetch-permission.ts';
import { begin } from '../functions/trip/trip.ts';

const trip = { tripId: 'trip', passengerId: 'ana', from: { lat: 1, lng: 2 }, to: { lat: 1, lng: 3 } };

describe('a requested trip', () => {
  it('is published if the passenger may ride', () => {
    const { state, events, send } = begin(trip, true);
    expect(state.state).toBe('requested');
    expect(events.map(({ contract }) => contract.type)).toEqual(['rides.trip.requested.v1']);
    expect(send).toBeUndefined();
  });

  it('is refused if the passenger may not ride, and the passenger is notified', () => {
    const { state, events, send } = begin(trip, false);
    expect(state.state).toBe('refused');
    expect(events.map(({ contract }) => contract.type)).toEqual(['rides.trip.refused.v1']);
    expect(send).toMatchObject([{ channel: { name: 'notification-requests' }, data: { passengerId: 'ana' } }]);
  });
});

describe('a request to the passenger service', () => {
  let status = 200;
  let authorization: string | undefined;
  const server = createServer((request, response) => {
    ({ authorization } = request.headers);
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify({ mayRide: true }));
  });
  beforeAll(() => once(server.listen(0, '127.0.0.1'), 'listening'));
  afterAll(() => void server.close());
  const ask = () => {
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    return fetchPermission(url)('ana', { signal: AbortSignal.timeout(5_000) });
  };

  it('is signed', async () => {
    expect(await ask()).toBe(true);
    expect(authorization).toMatch(/^AWS4-HMAC-SHA256 .*execute-api/);
  });

  it.each([
    [503, UnavailableError],
    [429, UnavailableError],
    [403, RejectedError],
  ])('throws an error that tells whether to retry, if the response has status %i', async (responded, error) => {
    status = responded;
    const thrown = await ask().catch((cause) => cause);
    expect(thrown).toBeInstanceOf(error);
  });
});
