import { setTimeout as delay } from 'node:timers/promises';
import { GetCommand } from '@aws-sdk/lib-dynamodb';
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

/** Waits for what retries and sweeps bring about. */
async function eventually(holds: () => Promise<unknown>): Promise<void> {
  for (let looks = 0; looks < 500; looks++) {
    if (await holds()) return;
    await delay(100);
  }
  throw new Error('it did not come to that');
}

const book = { item: 'a book', quantity: 2, cents: 1_999 };
const request = (method: string, path: string, body?: object, headers = {}) =>
  cloud.request(method, path, body, { authorization, ...headers });
const place = async () => (await request('POST', '/orders', book)).body.id as string;

const state = async (id: string) => (await request('GET', `/orders/${id}`)).body;
const plan = async (id: string) => (await cloud.applied('fulfilment', id))[0]?.plan;
const taken = async (item: string) => {
  const Key = { pk: `item#${item}`, sk: 'level' };
  return (await cloud.dynamodb.send(new GetCommand({ TableName: 'shop-dev-stock', Key }))).Item?.taken ?? 0;
};
/** Lets the time for the answer to its last command pass. A deadline that was set for the command before comes first. */
async function passDeadline(id: string) {
  const { awaits } = (await process(id)).process.progress;
  for (let timer = ''; timer < awaits.until; ) {
    timer = (await process(id)).process.timer;
    await cloud.invoke('shop-dev-orders-outbox-sweep', { sendNow: { subject: id, name: 'approval-deadline' } });
    await eventually(async () => (await process(id)).process.timer !== timer);
  }
}
const process = (id: string) => cloud.invoke('shop-dev-orders-replies-sweep', { process: id });

it('an order is planned as it changes, approved when it is reserved and paid once, and given back when it is cancelled', async () => {
  const id = await place();
  expect((await request('PATCH', `/orders/${id}`, { quantity: 3 })).body).toMatchObject({ quantity: 3 });
  await cloud.settled();
  expect(await cloud.applied('fulfilment', id)).toMatchObject([{ version: 3, plan: 'pick', quantity: 3 }]);
  expect(await state(id)).toMatchObject({ state: 'approved' });
  expect([provider.of(id), await taken('a book')]).toEqual([['payments'], 2]);

  expect((await request('DELETE', `/orders/${id}`)).body).toMatchObject({ state: 'cancelled' });
  await cloud.settled();
  expect(await cloud.applied('fulfilment', id)).toMatchObject([{ version: 4, plan: 'stopped' }]);
  expect([provider.of(id), await taken('a book')]).toEqual([['payments', 'refunds'], 0]);
});

it('an order of what is sold out is cancelled, and nobody is charged', async () => {
  await request('POST', '/orders', { ...book, item: 'a rarity', quantity: 1_000 });
  await cloud.settled();
  const id = (await request('POST', '/orders', { ...book, item: 'a rarity', quantity: 1 })).body.id as string;
  await cloud.settled();
  expect(await state(id)).toMatchObject({ state: 'cancelled', because: 'reserve was refused' });
  expect([provider.of(id), await plan(id), await taken('a rarity')]).toEqual([[], 'stopped', 1_000]);
});

it('an order whose payment is declined is cancelled, and its goods are released', async () => {
  provider.outcome = 'declined';
  const id = await place();
  await cloud.settled();
  provider.outcome = 'paid';
  expect(await state(id)).toMatchObject({ state: 'cancelled', because: 'charge was refused' });
  expect([await plan(id), await taken('a book')]).toEqual(['stopped', 0]);
});

it('an order that nobody pays for is cancelled after its deadline, and who pays too late gets it back', async () => {
  const paid = Promise.withResolvers<void>();
  provider.after = paid.promise;
  const id = await place();
  await eventually(async () => (await process(id)).process?.done.includes('reserve'));
  await passDeadline(id);
  await eventually(async () => (await state(id)).state === 'cancelled');
  expect(await state(id)).toMatchObject({ because: 'charge had no reply in time' });
  expect([await taken('a book'), provider.of(id)]).toEqual([0, []]);

  paid.resolve();
  await eventually(async () => (await process(id)).process?.undone.includes('charge'));
  await cloud.settled();
  expect([provider.of(id), await state(id)]).toMatchObject([['payments', 'refunds'], { state: 'cancelled' }]);
});

it('an order is cancelled by its customer while it is approved', async () => {
  const paid = Promise.withResolvers<void>();
  provider.after = paid.promise;
  const id = await place();
  await eventually(async () => (await process(id)).process?.done.includes('reserve'));
  expect((await request('DELETE', `/orders/${id}`)).body).toMatchObject({ state: 'cancelled' });
  paid.resolve();
  await eventually(async () => (await process(id)).process?.undone.includes('charge'));
  await cloud.settled();
  expect([provider.of(id), await taken('a book')]).toEqual([['payments', 'refunds'], 0]);
  expect((await state(id)).because).toBe('by its customer');
});

it('the messages of an approval are one conversation', async () => {
  const id = await place();
  await cloud.settled();
  const messages = ['stock', 'payments', 'orders-replies'].flatMap((channel) => cloud.published(channel));
  const bodies = messages.map(({ body }) => JSON.parse(body));
  const own = bodies.filter(({ correlationid }) => correlationid === id);
  expect(own.map(({ type }) => type).toSorted()).toEqual([
    'shop.payment.charge.v1',
    'shop.payment.charged.v1',
    'shop.stock.reserve.v1',
    'shop.stock.reserved.v1',
  ]);
  expect(new Set(own.map(({ traceparent }) => traceparent.split('-')[1])).size).toBe(1);
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
