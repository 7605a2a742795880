import { afterAll, beforeAll, expect, it } from 'vitest';
import { scenarios } from '../demo/scenarios.ts';
import { openShop, type Shop } from '../demo/shop.ts';

let shop: Shop;
beforeAll(async () => {
  shop = await openShop();
});
afterAll(() => shop.cloud.stop());

it.each(Object.entries(scenarios))('an order: %s', (_, run) =>
  run(shop, async (when, id, expected) => expect(await shop.dataOf(id), when).toMatchObject(expected)),
);

it('all messages of an approval have the same correlation ID and the same trace', async () => {
  const id = await shop.place('a book');
  await shop.settled();
  const messages = ['stock', 'payments', 'orders-replies'].flatMap((channel) => shop.cloud.published(channel));
  const bodies = messages.map(({ body }) => JSON.parse(body));
  const ofApproval = bodies.filter(({ correlationid }) => correlationid === id);
  expect(ofApproval.map(({ type }) => type).toSorted()).toEqual([
    'shop.payment.charge.v1',
    'shop.payment.charged.v1',
    'shop.stock.reserve.v1',
    'shop.stock.reserved.v1',
  ]);
  expect(new Set(ofApproval.map(({ traceparent }) => traceparent.split('-')[1])).size).toBe(1);
});

it('a change that is based on an outdated version is refused', async () => {
  const id = await shop.place('a book');
  await shop.request('PATCH', `/orders/${id}`, { quantity: 5 });
  const refused = await shop.request('PATCH', `/orders/${id}`, { quantity: 1 }, { 'if-match': '"1"' });
  expect(refused.status).toBe(412);
  expect((await shop.request('POST', '/orders', { item: 'a book', quantity: 0, cents: 1_999 })).status).toBe(422);
});

it('reading an order requires a token with the scope `read`, and changing an order a token with the scope `write`', async () => {
  const id = await shop.place('a book');
  const statuses = async (method: string, body?: object) => {
    const tokens = [undefined, 'read', 'write'].map((scope) =>
      shop.cloud.issuer.token(scope === undefined ? {} : { scope }),
    );
    const statusWith = async (token: string) =>
      (await shop.request(method, `/orders/${id}`, body, { authorization: `Bearer ${token}` })).status;
    return Promise.all((await Promise.all(tokens)).map(statusWith));
  };
  expect(await statuses('GET')).toEqual([403, 200, 403]);
  expect(await statuses('PATCH', { quantity: 1 })).toEqual([403, 403, 200]);
});

it('a charge that the provider refuses is parked for an operator', async () => {
  await shop.settled();
  shop.provider.status = 400;
  const id = await shop.place('a book');
  await expect(shop.settled()).rejects.toThrow('payments');
  expect(await shop.cloud.parked('payments')).toMatchObject([{ aggregateId: id, reason: 'failed' }]);
});
