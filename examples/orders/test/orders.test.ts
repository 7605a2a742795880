import { type Cloud, startCloud } from '@rollcall/local';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { PaymentProvider } from './payment-provider.ts';

const provider = new PaymentProvider();
let cloud: Cloud;
let authorization: string;
beforeAll(async () => {
  cloud = await startCloud({ app: import.meta.dirname, beside: [provider] });
  authorization = `Bearer ${await cloud.issuer.token({ scope: 'read write' })}`;
});
afterAll(() => cloud.stop());

const book = { item: 'a book', quantity: 2, cents: 1_999 };
const request = (method: string, path: string, body?: object, headers = {}) =>
  cloud.request(method, path, body, { authorization, ...headers });
const place = async () => (await request('POST', '/orders', book)).body.id as string;

it('an order is planned as it changes, charged once, and paid', async () => {
  const id = await place();
  expect((await request('PATCH', `/orders/${id}`, { quantity: 3 })).body).toMatchObject({ quantity: 3 });
  await cloud.settled();
  expect(await cloud.applied('fulfilment', id)).toMatchObject([{ version: 2, plan: 'pick', quantity: 3 }]);
  expect((await request('GET', `/orders/${id}`)).body).toMatchObject({ state: 'open', payment: 'paid' });
  expect(provider.asked.size).toBe(1);

  expect((await request('DELETE', `/orders/${id}`)).body).toMatchObject({ state: 'cancelled' });
  await cloud.settled();
  expect(await cloud.applied('fulfilment', id)).toMatchObject([{ version: 3, plan: 'stopped' }]);
});

it('a change of what somebody else has changed is refused', async () => {
  const id = await place();
  await request('PATCH', `/orders/${id}`, { quantity: 5 });
  const refused = await request('PATCH', `/orders/${id}`, { quantity: 1 }, { 'if-match': '"1"' });
  expect(refused.status).toBe(412);
  expect((await request('POST', '/orders', { ...book, quantity: 0 })).status).toBe(422);
});

it('an order is read and changed with a token of that scope, and with no other', async () => {
  const id = await place();
  const statuses = async (method: string, body?: object) => {
    const tokens = [undefined, 'read', 'write'].map((scope) =>
      cloud.issuer.token(scope === undefined ? {} : { scope }),
    );
    const ask = async (token: string) =>
      (await request(method, `/orders/${id}`, body, { authorization: `Bearer ${token}` })).status;
    return Promise.all((await Promise.all(tokens)).map(ask));
  };
  expect(await statuses('GET')).toEqual([403, 200, 403]);
  expect(await statuses('PATCH', { quantity: 1 })).toEqual([403, 403, 200]);
});

it('a charge that the provider refuses is parked for a person', async () => {
  await cloud.settled();
  provider.status = 400;
  const id = await place();
  await expect(cloud.settled()).rejects.toThrow('payments');
  expect(await cloud.parked('payments')).toMatchObject([{ aggregateId: id, reason: 'failed' }]);
});
