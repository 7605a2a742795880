import { join } from 'node:path';
import { startCloud } from '@rollcall/local/internal/cloud';
import { Meter, type Metered, POLLER } from '@rollcall/local/internal/metering/meter';
import { assemblyOf } from '@rollcall/local/internal/synthesize';
import { readAssembly } from '@rollcall/local/internal/template/assembly';
import { billOf } from './bill.ts';
import { deployedOf } from './deployed.ts';
import { type CostRow, difference, row } from './features.ts';
import { durationsIn } from './warm-runs.ts';

/** An app in which the approval of an order is a process of two steps. Each step has its own service and reply. */
const APP = join(import.meta.dirname, '../../examples/orders');
const SERVICE = 'shop-dev-orders';
/**
 * Orders of each kind. They run one after the other, so that each batch has one message and the numbers hardly vary.
 */
const ORDERS = 5;
/** The total stock of an item. */
const STOCK = 1_000;

/** Measures the cost of a process in the service that runs it, without the services that execute its steps. */
export async function processCosts(): Promise<CostRow[]> {
  const { approved, refused, changed } = await meterOrders();
  const deployed = await deployedOf(readAssembly(await assemblyOf(APP)).stacks);
  const durations = durationsIn([approved, refused, changed]);
  const billed = (metered: Metered, name: string) => billOf(partOf(metered, name), ORDERS, deployed, durations);
  const [change, replies, relay] = ['update', 'replies-consume', 'outbox-relay'];
  const changeBill = billed(changed, change);
  return [
    row('start', difference(billed(refused, 'create'), changeBill), 'a placed order, minus a changed order'),
    row(
      'a step with a reply in time',
      difference(billed(approved, replies), billed(refused, replies)),
      'an order with two completed steps, minus an order that is refused at the first step',
    ),
    row(
      'end',
      difference(billed(refused, replies), changeBill),
      'a reply that ends the process, minus a changed order',
    ),
    row(
      'each message that the process sends',
      difference(billed(approved, relay), billed(refused, relay)),
      'work of the relay for one more step',
    ),
  ];
}

/** Meters orders that are approved, orders that are refused at the first step, and changes without a process. */
async function meterOrders() {
  const meter = new Meter();
  await using cloud = await startCloud({ app: APP, meter, environment: { OTEL_SDK_DISABLED: 'true' } });
  const authorization = `Bearer ${await cloud.issuer.token({ scope: 'read write' })}`;
  async function request(method: string, path: string, order: object): Promise<string> {
    const { status, body } = await cloud.request(method, path, order, { authorization });
    if (status >= 300) throw new Error(`${method} ${path} of examples/orders returned ${status}.`);
    await cloud.settled();
    return body.id;
  }
  const place = (item: string) => request('POST', '/orders', { item, quantity: STOCK, cents: 1_999 });
  const change = (id: string, quantity: number) => request('PATCH', `/orders/${id}`, { quantity });
  const metered = async (act: (index: number) => Promise<unknown>) => {
    meter.readAndReset();
    for (let index = 1; index <= ORDERS; index++) await act(index);
    return meter.readAndReset();
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

/** Returns the usage of one function of the service, including Lambda's polling of the function's queue. */
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
