import { join } from 'node:path';
import { startCloud } from '@rollcall/local/internal/cloud';
import { Meter, type Metered, POLLER } from '@rollcall/local/internal/metering/meter';
import { assemblyOf } from '@rollcall/local/internal/synthesize';
import { readAssembly } from '@rollcall/local/internal/template/assembly';
import { billOf } from './bill.ts';
import { deployedOf } from './deployed.ts';
import { difference, type Feature, row } from './features.ts';
import { durationsIn } from './warm-runs.ts';

/** Its approval is a process of two steps, each with a service and a reply of its own. */
const APP = join(import.meta.dirname, '../../examples/orders');
const SERVICE = 'shop-dev-orders';
/** Orders of each kind, in sequence: each message is in a batch of its own, so the numbers hardly vary. */
const ORDERS = 5;
/** The total stock of an item. */
const STOCK = 1_000;

/** The cost of a process of the kit for its own service, without the services that execute the steps. */
export async function processCosts(): Promise<Feature[]> {
  const { approved, refused, changed } = await meterOrders();
  const deployed = await deployedOf(readAssembly(await assemblyOf(APP)).stacks);
  const durations = durationsIn([approved, refused, changed]);
  const billed = (metered: Metered, name: string) => billOf(partOf(metered, name), ORDERS, deployed, durations);
  const [change, replies, relay] = ['update', 'replies-consume', 'outbox-relay'];
  const own = billed(changed, change);
  return [
    row('it starts', difference(billed(refused, 'create'), own), 'an order that is placed, less one that is changed'),
    row(
      'a step, answered in time',
      difference(billed(approved, replies), billed(refused, replies)),
      'an order whose two steps are done, less one that is refused at the first',
    ),
    row('it ends', difference(billed(refused, replies), own), 'a reply that ends it, less an order that is changed'),
    row(
      'each message that these send',
      difference(billed(approved, relay), billed(refused, relay)),
      'what the relay does for a step more',
    ),
  ];
}

/** Orders that are approved, that are refused at the first step, and that are changed without a process. */
async function meterOrders() {
  const meter = new Meter();
  await using cloud = await startCloud({ app: APP, meter, environment: { OTEL_SDK_DISABLED: 'true' } });
  const authorization = `Bearer ${await cloud.issuer.token({ scope: 'read write' })}`;
  async function request(method: string, path: string, order: object): Promise<string> {
    const { status, body } = await cloud.request(method, path, order, { authorization });
    if (status >= 300) throw new Error(`${method} ${path} of examples/orders was answered ${status}.`);
    await cloud.settled();
    return body.id;
  }
  const place = (item: string) => request('POST', '/orders', { item, quantity: STOCK, cents: 1_999 });
  const change = (id: string, quantity: number) => request('PATCH', `/orders/${id}`, { quantity });
  const metered = async (act: (index: number) => Promise<unknown>) => {
    meter.take();
    for (let index = 1; index <= ORDERS; index++) await act(index);
    return meter.take();
  };
  const first = await place('sold out');
  // Warms up instances, connections and caches before anything is counted.
  await change(await place('sold out'), 1);
  return {
    approved: await metered((index) => place(`in stock ${index}`)),
    refused: await metered(() => place('sold out')),
    changed: await metered((index) => change(first, index)),
  };
}

/** The part of one function of the service, and of Lambda's polling of its queue. */
function partOf({ calls, functions }: Metered, name: string): Metered {
  const caller = `${SERVICE}-${name}`;
  const invoked = functions[caller];
  return {
    calls: calls.filter(
      (call) => call.caller === caller || (call.caller === POLLER && `${call.resource}-consume` === caller),
    ),
    functions: invoked ? { [caller]: invoked } : {},
    requests: {},
    accessLogBytes: 0,
    hottest: [],
  };
}
