import type { OrderData, Shop } from './shop.ts';

/** Compares the services' data about an order with the expected values. */
export type Check = (when: string, orderId: string, expected: Partial<OrderData>) => Promise<void>;

/** Makes all payments wait until `pay` is called. */
function holdPayments({ provider }: Shop): { pay: () => void } {
  const { promise, resolve: pay } = Promise.withResolvers<void>();
  provider.barrier = promise;
  return { pay };
}

/** The scenarios by name. Each scenario orders a different item. */
export const scenarios: Record<string, (shop: Shop, check: Check) => Promise<void>> = {
  async 'changed, paid, cancelled'(shop, check) {
    const id = await shop.place('a book');
    await shop.change(id, 3);
    await shop.settled();
    const picked = { events: 3, plan: 'pick', quantity: 3, provider: ['payments'], reserved: 2 };
    await check('paid', id, { state: 'approved', because: undefined, ...picked });
    await shop.cancel(id);
    await shop.settled();
    const stopped = { events: 4, plan: 'stopped', quantity: 3, provider: ['payments', 'refunds'], reserved: 0 };
    await check('cancelled', id, { state: 'cancelled', because: 'by its customer', ...stopped });
  },

  async 'sold out'(shop, check) {
    await shop.place('a rarity', 1_000);
    await shop.settled();
    const id = await shop.place('a rarity', 1);
    await shop.settled();
    const stopped = { events: 2, plan: 'stopped', provider: [], reserved: 1_000 };
    await check('refused by stock', id, { state: 'cancelled', because: 'reserve was refused', ...stopped });
  },

  async 'payment declined'(shop, check) {
    shop.provider.outcome = 'declined';
    const id = await shop.place('a lamp');
    await shop.settled();
    shop.provider.outcome = 'paid';
    const stopped = { events: 2, plan: 'stopped', provider: [], reserved: 0 };
    await check('compensated', id, { state: 'cancelled', because: 'charge was refused', ...stopped });
  },

  async 'nobody pays in time'(shop, check) {
    const { pay } = holdPayments(shop);
    const id = await shop.place('a chair');
    await shop.untilReserved(id);
    await shop.passDeadline(id);
    const cancelled = { state: 'cancelled', because: 'charge had no reply in time' };
    await check('after the deadline', id, { ...cancelled, provider: [], reserved: 0 });
    pay();
    await shop.untilRefunded(id);
    await shop.settled();
    const stopped = { events: 2, plan: 'stopped', provider: ['payments', 'refunds'], reserved: 0 };
    await check('paid too late', id, { ...cancelled, ...stopped });
  },

  async 'cancelled during the approval'(shop, check) {
    const { pay } = holdPayments(shop);
    const id = await shop.place('a clock');
    await shop.untilReserved(id);
    await shop.cancel(id);
    pay();
    await shop.untilRefunded(id);
    await shop.settled();
    const stopped = { events: 2, plan: 'stopped', provider: ['payments', 'refunds'], reserved: 0 };
    await check('compensated', id, { state: 'cancelled', because: 'by its customer', ...stopped });
  },
};
