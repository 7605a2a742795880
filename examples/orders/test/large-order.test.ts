import { type Cloud, startCloud } from '@rollcall/local';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { PaymentProvider } from './payment-provider.ts';

let cloud: Cloud;
beforeAll(async () => {
  cloud = await startCloud({ app: import.meta.dirname, beside: [new PaymentProvider()] });
});
afterAll(() => cloud.stop());

it('fulfilment gets all labels of a large order, although they do not fit into a message', async () => {
  const authorization = `Bearer ${await cloud.issuer.token({ scope: 'write' })}`;
  const order = { item: 'pens & <pencils>', quantity: 1_000, cents: 100_000 };
  const { body } = await cloud.request('POST', '/orders', order, { authorization });
  await cloud.settled();
  expect(await cloud.applied('fulfilment', body.id)).toMatchObject([{ plan: 'pick', labels: 1_000 }]);
  const sent = cloud.published('order-events').map((message) => JSON.parse(message.body));
  const approved = sent.find(({ type }) => type === 'shop.order.approved.v1');
  expect(approved).not.toHaveProperty('data');
  expect(approved).toHaveProperty('dataref', `messages/order-events/${body.id}/${approved.id}/${approved.datasha256}`);
});
