import { type Cloud, startCloud } from '@rollcall/local/internal/cloud';
import { Meter } from '@rollcall/local/internal/metering/meter';
import { sendProcessRequest, stuckProcesses } from 'rollcall/internal/stage/processes';
import { openStage, type StageClient } from 'rollcall/internal/stage/stage';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { PaymentProvider } from '../../examples/orders/test/payment-provider.ts';
import { operationsOf } from '../../ops/cost/operations.ts';
import { eventually } from '../support/cloud.ts';
import { runScript } from '../support/run.ts';

const provider = new PaymentProvider();
const meter = new Meter();
let cloud: Cloud;
let stage: StageClient;
let authorization: string;
beforeAll(async () => {
  cloud = await startCloud({ app: `${import.meta.dirname}/../../examples/orders`, beside: [provider], meter });
  stage = openStage({ app: 'shop', name: 'dev', endpoint: cloud.endpointUrl });
  authorization = `Bearer ${await cloud.issuer.token({ scope: 'read write' })}`;
});
afterAll(() => cloud.stop());

const REPLIES = 'orders-replies';

async function placeOrder(): Promise<string> {
  const order = { item: 'a book', quantity: 2, cents: 1_999 };
  return (await cloud.request('POST', '/orders', order, { authorization })).body.id;
}
const process = (id: string) => sendProcessRequest(stage, REPLIES, id);
const progress = async (id: string) => (await process(id)).progress;

/** Sends the deadline message of the current step at once, and waits until the process has applied it. */
async function passDeadline(id: string): Promise<void> {
  const { version } = await process(id);
  const key = { subject: id, name: 'approval-deadline' };
  await cloud.invoke('shop-dev-orders-outbox-sweep', { sendNow: key });
  await eventually(async () => (await process(id)).version > version, 200);
}

/** Places an order that is paid too late. The provider refuses the refund, so the process is stuck until an operator decides. */
async function placeStuckOrder(): Promise<string> {
  provider.refunds = false;
  const paid = Promise.withResolvers<void>();
  provider.barrier = paid.promise;
  const id = await placeOrder();
  await eventually(async () => (await process(id)).done.includes('reserve'), 200);
  while ((await process(id)).because === undefined) await passDeadline(id);
  paid.resolve();
  const isRefunding = async () => {
    const now = await progress(id);
    return now.state === 'compensating' && now.awaits.step === 'charge';
  };
  await eventually(isRefunding, 500);
  for (let deadline = 1; (await progress(id)).state === 'compensating' && deadline <= 10; deadline++)
    await passDeadline(id);
  await eventually(async () => (await stuckProcesses(stage, [REPLIES])).some(({ process }) => process === id), 200);
  return id;
}

/** Write units of an order, by writer and table, without the deletion of published rows. */
function written() {
  const rows = operationsOf(meter.readAndReset().calls, 1).filter(
    ({ operation, writeUnits }) => writeUnits > 0 && operation !== 'dynamodb BatchWriteItem',
  );
  const units: Record<string, number> = {};
  for (const { caller, resource, writeUnits } of rows) {
    const name = `${caller} ${resource}`.replaceAll('shop-dev-orders-', '');
    if (/^(create|replies-consume) /.test(name)) units[name] = (units[name] ?? 0) + writeUnits;
  }
  return units;
}

it('an order has the write units in decision 51', async () => {
  meter.readAndReset();
  await placeOrder();
  await cloud.settled();
  // `create` writes the order, the process, the counter of commands, an event, the first command and the deadline.
  // `replies-consume` writes the process, the counter and the second command. At the end, it writes the process, the order
  // and an event, and deletes the deadline. This event contains the labels of two items and exceeds 1 KB, so it costs twice
  // as much.
  expect(written()).toEqual({
    ...{ 'create state': 2 + 2 + 2, 'create outbox': 2 + 2, 'create later': 2, 'create later/due': 1 },
    ...{ 'replies-consume state': 2 + 2 + (2 + 2), 'replies-consume outbox': 2 + 2 * 2 },
    ...{ 'replies-consume later': 2, 'replies-consume later/due': 1 },
  });
});

const ops = (...words: string[]) =>
  runScript('packages/cli/src/cli/main.ts', 'ops', '--app', 'shop', '--endpoint', cloud.endpointUrl, ...words);

async function opsJson(...words: string[]) {
  const { code, stdout, stderr } = await ops(...words, '--json');
  expect([code, stderr]).toEqual([0, '']);
  return JSON.parse(stdout);
}

async function refusalOf(...words: string[]): Promise<string> {
  const { code, stderr } = await ops(...words);
  expect(code).toBe(1);
  return stderr;
}

it('a stuck process is listed, and continues after an operator decides', async () => {
  const id = await placeStuckOrder();
  expect(await opsJson('process', 'list')).toMatchObject([
    {
      subscriber: REPLIES,
      process: id,
      why: expect.stringContaining('charge had no reply in time (failure number 5)'),
    },
  ]);
  expect(await refusalOf('process', 'cancel', REPLIES, id, '--because', 'x')).toContain(
    'awaits the reply to the compensation of charge, and cannot be cancelled',
  );
  const done = await opsJson('process', 'done', REPLIES, id, '--because', 'refunded by hand');
  expect(done).toMatchObject({ progress: { state: 'failed' }, undone: ['reserve', 'charge'] });
  expect(await opsJson('process', 'show', REPLIES, id)).toMatchObject({
    decided: [expect.stringContaining('done: refunded by hand')],
  });
  expect(await opsJson('process', 'list')).toEqual([]);
  expect(await refusalOf('process', 'retry', REPLIES, id, '--because', 'x')).toContain('there is nothing to decide');
  expect(await refusalOf('process', 'show', 'stock', id)).toContain('stock is not the consumer of a process');
});
