import { setTimeout as delay } from 'node:timers/promises';
import { GetCommand } from '@aws-sdk/lib-dynamodb';
import { startCloud } from '@rollcall/local';
import { PaymentProvider } from '../test/payment-provider.ts';

export type Shop = Awaited<ReturnType<typeof openShop>>;

/** The services' data about an order. */
export interface OrderData {
  state: string;
  because: string | undefined;
  /** Number of events that fulfilment has applied. */
  events: number;
  plan: string;
  quantity: number;
  /** The kinds of the calls that the payment provider executed: `payments` or `refunds`. */
  provider: string[];
  /** Reserved quantity of the item, over all orders. */
  reserved: number;
}

/** Waits until a condition holds, for example until a retry or a sweep has had an effect. */
async function eventually(condition: () => Promise<unknown>): Promise<void> {
  for (let attempt = 0; attempt < 500; attempt++) {
    if (await condition()) return;
    await delay(100);
  }
  throw new Error('the condition did not become true in time');
}

/** Starts an embedded cloud in memory with the shop and a payment provider that the caller controls. */
export async function openShop() {
  const provider = new PaymentProvider();
  const cloud = await startCloud({ app: import.meta.dirname, beside: [provider] });
  const authorization = `Bearer ${await cloud.issuer.token({ scope: 'read write' })}`;
  const request = (method: string, path: string, body?: object, headers = {}) =>
    cloud.request(method, path, body, { authorization, ...headers });

  async function call(method: string, path: string, body?: object) {
    const response = await request(method, path, body);
    if (response.status >= 300)
      throw new Error(`${method} ${path}: ${response.status} ${JSON.stringify(response.body)}`);
    return response.body;
  }

  async function reserved(item: string): Promise<number> {
    const Key = { pk: `item#${item}`, sk: 'level' };
    return (await cloud.dynamodb.send(new GetCommand({ TableName: 'shop-dev-stock', Key }))).Item?.taken ?? 0;
  }

  /** The approval process of an order, as stored. */
  const process = (id: string) => cloud.invoke('shop-dev-orders-replies-sweep', { process: id });

  return {
    ...{ cloud, provider, request },
    settled: () => cloud.settled(),

    async place(item: string, quantity = 2): Promise<string> {
      return (await call('POST', '/orders', { item, quantity, cents: 1_999 })).id;
    },
    change: (id: string, quantity: number) => call('PATCH', `/orders/${id}`, { quantity }),
    cancel: (id: string) => call('DELETE', `/orders/${id}`),

    async dataOf(id: string): Promise<OrderData> {
      const [order, [planned]] = await Promise.all([call('GET', `/orders/${id}`), cloud.applied('fulfilment', id)]);
      return {
        ...{ state: order.state, because: order.because },
        ...{ events: Number(planned?.version), plan: String(planned?.plan), quantity: Number(planned?.quantity) },
        ...{ provider: provider.of(id), reserved: await reserved(order.item) },
      };
    },

    untilReserved: (id: string) => eventually(async () => (await process(id)).process?.done.includes('reserve')),
    untilRefunded: (id: string) => eventually(async () => (await process(id)).process?.undone.includes('charge')),

    /**
     * Lets the deadline of the order's last command pass. If the deadline message is still scheduled for an earlier
     * command, the deadline of that command passes first.
     */
    async passDeadline(id: string): Promise<void> {
      const { awaits } = (await process(id)).process.progress;
      for (let timer = ''; timer < awaits.until; ) {
        timer = (await process(id)).process.timer;
        await cloud.invoke('shop-dev-orders-outbox-sweep', { sendNow: { subject: id, name: 'approval-deadline' } });
        await eventually(async () => (await process(id)).process.timer !== timer);
      }
      await eventually(async () => (await call('GET', `/orders/${id}`)).state === 'cancelled');
    },
  };
}
