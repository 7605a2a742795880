import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { ScanCommand } from '@aws-sdk/lib-dynamodb';
import type { LaterReport } from '@rollcall/kit/internal/messaging/later/sweep';
import type { OutboxSweepReport } from '@rollcall/kit/internal/messaging/relay-functions';
import { type Cloud, startCloud } from '@rollcall/local/internal/cloud';
import { Meter } from '@rollcall/local/internal/metering/meter';
import { holdingsOf } from 'rollcall/internal/stage/holdings';
import { openStage } from 'rollcall/internal/stage/stage';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { operationsOf } from '../../ops/cost/operations.ts';
import { eventually } from '../support/cloud.ts';
import { runScript } from '../support/run.ts';

const meter = new Meter();
let cloud: Cloud;
let lambda: LambdaClient;
beforeAll(async () => {
  cloud = await startCloud({ app: `${import.meta.dirname}/../support/later-app`, meter });
  lambda = new LambdaClient(cloud.config);
});
afterAll(async () => {
  lambda.destroy();
  await cloud.stop();
});

async function invoke<T>(fn: string, request: object): Promise<T> {
  const { Payload, FunctionError } = await lambda.send(
    new InvokeCommand({ FunctionName: `shop-dev-orders-${fn}`, Payload: JSON.stringify(request) }),
  );
  const response = Buffer.from(Payload ?? []).toString();
  if (FunctionError) throw new Error(response);
  return JSON.parse(response || 'null') as T;
}

const place = (orderId: string, after: number) => invoke('place', { orderId, after });
const sweep = () => invoke<OutboxSweepReport & { later: LaterReport }>('outbox-sweep', {});
async function waiting(orderId: string) {
  const { Items = [] } = await cloud.dynamodb.send(new ScanCommand({ TableName: 'shop-dev-orders-later' }));
  return Items.filter(({ subject }) => JSON.stringify(subject).includes(orderId));
}
/** The messages about an order. Duplicates are removed, because relay and sweep may both publish a message. */
function sentAbout(orderId: string) {
  const bodies = cloud
    .published()
    .map(
      ({ body }) => JSON.parse(body) as { id: string; subject: string; type: string; sequence?: string; time: string },
    );
  return [...new Map(bodies.map((body) => [body.id, body])).values()].filter(({ subject }) => subject === orderId);
}

/**
 * Waits until this number of messages about an order is sent, and the outbox is empty.
 * @returns the type and the position of each message, sorted
 */
async function sent(orderId: string, count: number) {
  const outbox = { TableName: 'shop-dev-orders-outbox' };
  await eventually(async () => {
    const { Count } = await cloud.dynamodb.send(new ScanCommand(outbox));
    return Count === 0 && sentAbout(orderId).length >= count;
  }, 100);
  return sentAbout(orderId)
    .map(({ type, sequence }) => `${type} ${sequence ? Number(sequence) : '-'}`)
    .toSorted();
}

it('a scheduled message is not sent before its time: neither by the stream nor by the sweep', async () => {
  await place('waits', 3_600);
  const { later, ...report } = await sweep();
  expect(later).toMatchObject({ released: 0, failedMessages: 0 });
  expect(report).toMatchObject({ failedAggregates: 0 });
  expect(await sent('waits', 1)).toEqual(['shop.order.placed.v1 1']);
  expect(await waiting('waits')).toHaveLength(3);
});

it('a scheduled message is sent when it is due, on every kind of channel', async () => {
  await place('due', 1);
  await eventually(async () => {
    await sweep();
    return (await waiting('due')).length === 0;
  }, 200);
  expect(await sent('due', 4)).toEqual([
    'shop.label.print.v1 -',
    'shop.order.cancel.v1 1',
    'shop.order.placed.v1 1',
    'shop.order.reminded.v1 2',
  ]);
  const [first, ...others] = sentAbout('due').map(({ time }) => Date.parse(time));
  for (const time of others) expect(time).toBeGreaterThanOrEqual((first ?? 0) + 1_000);
});

it('a scheduled message is either cancelled or sent, and an operator can send it before its time', async () => {
  await place('urgent', 3_600);
  expect(await invoke('withdraw', { orderId: 'urgent', name: 'deadline' })).toEqual({ cancelled: true });
  const request = { sendNow: { subject: 'urgent', name: 'label' } };
  expect(await invoke('outbox-sweep', request)).toEqual({ sent: 'released' });
  expect(await invoke('withdraw', { orderId: 'urgent', name: 'label' })).toEqual({ cancelled: false });
  expect(await invoke('outbox-sweep', { cancel: { subject: 'urgent', name: 'reminder' } })).toEqual({
    cancelled: true,
  });
  expect(await sent('urgent', 2)).toEqual(['shop.label.print.v1 -', 'shop.order.placed.v1 1']);
});

it('scheduled messages can be listed, sent and cancelled by an operator', async () => {
  await place('operated', 3_600);
  const ops = (...words: string[]) =>
    runScript('packages/cli/src/cli/main.ts', 'ops', '--app', 'shop', '--endpoint', cloud.endpointUrl, ...words);
  const listed = async () => {
    const found = JSON.parse((await ops('later', 'list', 'operated', '--json')).stdout) as Array<{ name: string }>;
    return found.map(({ name }) => name);
  };
  expect(await listed()).toEqual(['deadline', 'label', 'reminder']);
  const deadlineSent = 'deadline of operated is sent.\n';
  expect(await ops('later', 'send', 'operated', 'deadline')).toMatchObject({ code: 0, stdout: deadlineSent });
  expect(await ops('later', 'cancel', 'operated', 'label')).toMatchObject({ code: 0 });
  const { code, stderr } = await ops('later', 'cancel', 'operated', 'deadline');
  expect([code, stderr]).toEqual([1, expect.stringContaining('No message about operated is scheduled as deadline')]);
  expect(await listed()).toEqual(['reminder']);
  const stage = openStage({ app: 'shop', name: 'dev', endpoint: cloud.endpointUrl });
  expect(Object.keys(await holdingsOf(stage, 'operated'))).toContain('orders-later');
  expect(await sent('operated', 2)).toEqual(['shop.order.cancel.v1 1', 'shop.order.placed.v1 1']);
});

/** Write units by writer, table and index, as in docs/decisions/0049, without the deletion of published rows. */
function written() {
  const rows = operationsOf(meter.readAndReset().calls, 1).filter(({ writeUnits }) => writeUnits > 0);
  return Object.fromEntries(
    rows
      .filter(({ operation }) => operation !== 'dynamodb BatchWriteItem')
      .map(({ caller, resource, writeUnits }) => [
        `${caller} ${resource}`.replaceAll('shop-dev-orders-', '').replaceAll('shop-dev-', ''),
        writeUnits,
      ]),
  );
}

it('a scheduled message has the write units in decision 49', async () => {
  meter.readAndReset();
  await place('costs', 3_600);
  await sent('costs', 1);
  // Three messages wait.
  expect(written()).toEqual({ 'place orders': 2, 'place outbox': 2, 'place later': 3 * 2, 'place later/due': 3 });
  const released = { 'outbox-sweep later': 2, 'outbox-sweep later/due': 1, 'outbox-sweep outbox': 2 };
  let count = 1;
  for (const [name, orderUnits] of Object.entries({ deadline: 2, label: 0, reminder: 2 })) {
    await invoke('outbox-sweep', { sendNow: { subject: 'costs', name } });
    await sent('costs', ++count);
    expect([name, written()]).toEqual([
      name,
      { ...released, ...(orderUnits > 0 && { 'outbox-sweep orders': orderUnits }) },
    ]);
  }
});
