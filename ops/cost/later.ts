import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { startCloud } from '@rollcall/local/internal/cloud';
import { Meter, type Metered, type MeteredCalls } from '@rollcall/local/internal/metering/meter';
import { assemblyOf } from '@rollcall/local/internal/synthesize';
import { readAssembly } from '@rollcall/local/internal/template/assembly';
import { billOf } from './bill.ts';
import { deployedOf } from './deployed.ts';
import { type CostRow, row } from './features.ts';
import { durationsIn } from './warm-runs.ts';

/** An app whose function `place` schedules a message on every kind of channel. Nothing consumes the messages. */
const APP = join(import.meta.dirname, '../../test/support/later-app');
const SERVICE = 'shop-dev-orders';
const SCHEDULE_TABLE = `${SERVICE}-later`;
/**
 * The number of orders in each of two groups: messages of the first are released, one message of each order of the
 * second is cancelled. The orders run one after the other, so that each batch has one message and the measurements
 * hardly vary.
 */
const ORDERS = 5;
const POLL_INTERVAL_MS = 20;
/** Descriptions of the scheduled messages, by name. */
const MESSAGES = { label: 'to a queue without order', deadline: 'to an ordered queue', reminder: 'as an event' };

/**
 * Measures the cost of committing a scheduled message with a state, of releasing it when it is due, and of cancelling
 * it.
 */
export async function scheduledMessageCosts(): Promise<CostRow[]> {
  const { committed, due, cancelled } = await meterMessages();
  const deployed = await deployedOf(readAssembly(await assemblyOf(APP)).stacks);
  const durations = durationsIn(due.map(({ metered }) => metered));
  const billed = (metered: Metered, count: number) => billOf(metered, count, deployed, durations);
  return [
    row(
      'committed with a state',
      billed(scheduledWrites(committed), 2 * ORDERS * Object.keys(MESSAGES).length),
      'writes to the table of scheduled messages and its index',
    ),
    ...due.map(({ channel, metered }) =>
      row(`due, ${channel}`, billed(metered, ORDERS), "work of the sweep and the relay, without the sweep's reads"),
    ),
    row(
      'cancelled instead',
      billed(scheduledWrites(cancelled), ORDERS),
      'writes to the table of scheduled messages and its index',
    ),
  ];
}

/**
 * Meters orders with scheduled messages. Releases the messages of half of the orders, channel by channel. Cancels one
 * message of each of the other orders.
 */
async function meterMessages() {
  const meter = new Meter();
  await using cloud = await startCloud({ app: APP, meter, environment: { OTEL_SDK_DISABLED: 'true' } });
  async function invoke(name: string, request: object): Promise<void> {
    const { errorMessage } = (await cloud.invoke(`${SERVICE}-${name}`, request)) ?? {};
    if (errorMessage) throw new Error(`${name} of test/support/later-app failed: ${errorMessage}`);
    while ((await cloud.pending()).length > 0 || !cloud.isIdle()) await delay(POLL_INTERVAL_MS);
  }
  const place = (orderId: string) => invoke('place', { orderId, after: 3_600 });
  const release = (subject: string, name: string) => invoke('outbox-sweep', { sendNow: { subject, name } });
  const cancel = (orderId: string) => invoke('withdraw', { orderId, name: 'deadline' });
  const metered = async (orders: readonly string[], act: (order: string) => Promise<void>) => {
    meter.readAndReset();
    for (const order of orders) await act(order);
    return meter.readAndReset();
  };
  // Warms up instances, connections and caches before anything is counted.
  await place('first');
  await release('first', 'label');
  await cancel('first');
  const [sent, withdrawn] = ['sent', 'withdrawn'].map((what) =>
    Array.from({ length: ORDERS }, (_, index) => `${what}-${index}`),
  ) as [string[], string[]];
  const committed = await metered([...sent, ...withdrawn], place);
  const due = [];
  for (const [name, channel] of Object.entries(MESSAGES))
    due.push({ channel, metered: await metered(sent, (order) => release(order, name)) });
  return { committed, due, cancelled: await metered(withdrawn, cancel) };
}

/**
 * Returns only the write units of scheduled messages. Without a scheduled message, the transaction would make the same
 * call and the same other writes.
 */
function scheduledWrites({ calls, ...metered }: Metered): Metered {
  const ofSchedule = (units: MeteredCalls['units']) =>
    Object.fromEntries(Object.entries(units).filter(([table]) => table.startsWith(SCHEDULE_TABLE)));
  return {
    ...metered,
    calls: calls.map((call) => ({
      ...call,
      calls: 0,
      messages: 0,
      bytes: 0,
      requests: 0,
      units: ofSchedule(call.units),
    })),
    functions: {},
  };
}
