import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CreateTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import {
  BatchWriteCommand,
  DeleteCommand,
  DynamoDBDocumentClient,
  type GetCommand,
  QueryCommand,
  ScanCommand,
} from '@aws-sdk/lib-dynamodb';
import { command, event, queue, topic } from '@rollcall/kit/internal/contracts/descriptors';
import { DUE_INDEX, DUE_KEYS, LATER_KEYS, SHARDS } from '@rollcall/kit/internal/contracts/later-table';
import type { Decision } from '@rollcall/kit/internal/messaging/decision';
import { type CommandContext, draft, draftTo } from '@rollcall/kit/internal/messaging/draft';
import { createRelease } from '@rollcall/kit/internal/messaging/later/release';
import { createLaterSweep } from '@rollcall/kit/internal/messaging/later/sweep';
import { createLater } from '@rollcall/kit/internal/messaging/later/waiting';
import { readRow } from '@rollcall/kit/internal/messaging/outbox';
import { createOutboxWriter } from '@rollcall/kit/internal/messaging/outbox-writer';
import { createPublisher } from '@rollcall/kit/internal/messaging/publisher';
import { type Emulator, startDynamoDB } from '@rollcall/local/internal/emulators/dynoxide';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { TIME } from '../support/builders.ts';

const data = z.object({ orderId: z.string() });
const about = { subjectField: 'orderId' } as const;
const placed = event('shop.order.placed.v1', data, about);
const reminded = event('shop.order.reminded.v1', data, about);
const forgotten = event('shop.order.forgotten.v1', data, { ...about, erases: true });
const charge = command('shop.payment.charge.v1', data, about);
const print = command('shop.label.print.v1', data, about);

const from = '/shop/orders';
const orderEvents = topic('order-events', { from, messages: [placed, reminded, forgotten] });
const payments = queue('payments', { from, messages: [charge] });
const labels = queue('labels', { from, ordered: false, messages: [print] });

interface Order {
  version: number;
  state: string;
}
type OrderDecision = Decision<Order, (typeof orderEvents.messages)[number], 'deadline'>;

const folder = mkdtempSync(join(tmpdir(), 'rollcall-later-'));
let emulator: Emulator;
let documents: DynamoDBDocumentClient;

beforeAll(async () => {
  emulator = await startDynamoDB(join(folder, 'dynamodb.db'));
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
  const raw = new DynamoDBClient({ endpoint: emulator.url, region: 'us-east-1', credentials });
  documents = DynamoDBDocumentClient.from(raw, { marshallOptions: { removeUndefinedValues: true } });
  const keysOf = (keys: readonly string[]) =>
    keys.map((key, index) => ({ AttributeName: key, KeyType: index === 0 ? ('HASH' as const) : ('RANGE' as const) }));
  const table = (TableName: string, keys: readonly string[], index: readonly string[] = []) =>
    raw.send(
      new CreateTableCommand({
        ...{ TableName, BillingMode: 'PAY_PER_REQUEST', KeySchema: keysOf(keys) },
        AttributeDefinitions: [...keys, ...index].map((key) => ({
          AttributeName: key,
          AttributeType: key === 'version' ? 'N' : 'S',
        })),
        ...(index.length > 0 && {
          GlobalSecondaryIndexes: [
            { IndexName: DUE_INDEX, KeySchema: keysOf(index), Projection: { ProjectionType: 'KEYS_ONLY' } },
          ],
        }),
      }),
    );
  await table('orders', ['pk']);
  await table('outbox', ['aggregateId', 'version']);
  await table('later', LATER_KEYS, DUE_KEYS);
});
afterAll(async () => {
  documents.destroy();
  await emulator.stop();
  rmSync(folder, { recursive: true });
});

/** The recorded calls. */
let calls: Array<{ name: string; table: string; items: number }> = [];
/** An action to run after the next read of an order. */
let afterNextRead: (() => Promise<unknown>) | undefined;
/** Calls whose input contains this text fail, unless the text is empty. */
let throttled = '';
beforeEach(async () => {
  for (const { subject, name } of await waiting())
    await documents.send(new DeleteCommand({ TableName: 'later', Key: { subject, name } }));
  [calls, afterNextRead, throttled] = [[], undefined, ''];
});

async function send(sent: GetCommand): Promise<unknown> {
  if (throttled && JSON.stringify(sent.input).includes(throttled)) throw new Error('throttled');
  const answer = (await documents.send(sent)) as { Items?: unknown[]; Count?: number; ScannedCount?: number };
  const name = sent.constructor.name.replace('Command', '');
  calls.push({ name, table: sent.input.TableName ?? '', items: answer.ScannedCount ?? 0 });
  const meanwhile = afterNextRead;
  if (name !== 'Get' || sent.input.TableName !== 'orders' || !meanwhile) return answer;
  afterNextRead = undefined;
  await meanwhile();
  return answer;
}

const client: DynamoDBDocumentClient = Object.create(DynamoDBDocumentClient.prototype, { send: { value: send } });
const tables = { client, outboxTable: 'outbox', laterTable: 'later' };
const later = createLater(tables);
const outboxOptions = { client, outboxTable: 'outbox', later };
const orders = createPublisher<Order, typeof orderEvents>(orderEvents, { ...outboxOptions, table: 'orders' });
const writer = createOutboxWriter({ ...outboxOptions, countersTable: 'orders', source: from });
const { release } = createRelease(tables);

let ids = 0;
const newId = () => `id-${String(++ids).padStart(6, '0')}`;
/** @param seconds the seconds after TIME */
const at = (seconds: number) => new Date(TIME.getTime() + seconds * 1_000);
const contextAt = (seconds: number): CommandContext => ({ now: at(seconds), newId });
const context = contextAt(0);

const HALF_AN_HOUR = 1_800;
const DUE = at(HALF_AN_HOUR);

const order = (orderId: string, more: Partial<OrderDecision> = {}): OrderDecision => ({
  state: { state: 'open' },
  events: [draft(placed, { orderId })],
  ...more,
});
const deadline = (orderId: string) => draftTo(payments, charge, { orderId }, { after: HALF_AN_HOUR, name: 'deadline' });
const withDeadline = (orderId: string) => order(orderId, { send: [deadline(orderId)] });
const withReminder = (orderId: string) =>
  order(orderId, {
    events: [draft(placed, { orderId }), draft(reminded, { orderId }, { at: DUE, name: 'reminder' })],
  });

const items = async (TableName: string) =>
  (await documents.send(new ScanCommand({ TableName, ConsistentRead: true }))).Items ?? [];
async function waiting() {
  return (await items('later')) as Array<{ subject: string; name: string; due: string }>;
}

/** The pending rows of a group in the outbox, with versions and message bodies. */
async function pending(aggregateId: string) {
  const { Items = [] } = await documents.send(
    new QueryCommand({
      ...{ TableName: 'outbox', ConsistentRead: true, KeyConditionExpression: 'aggregateId = :id' },
      ExpressionAttributeValues: { ':id': aggregateId },
    }),
  );
  return Items.map(readRow).map(({ version, committedAt, messages: [message] }) => ({
    ...{ version, committedAt, channel: message?.channel, group: message?.group },
    body: JSON.parse(message?.body ?? ''),
  }));
}
const typesOf = async (aggregateId: string) =>
  (await pending(aggregateId)).map(({ version, body }) => [version, body.type, Number(body.sequence)]);

function sweepAt(now: Date) {
  const measured: Record<string, readonly number[]> = {};
  const observability = {
    logger: { warn: () => {} } as never,
    count: (counts: Record<string, number>) =>
      void Object.assign(measured, Object.fromEntries(Object.entries(counts).map(([name, value]) => [name, [value]]))),
    measure: (name: string, _: unknown, values: readonly number[]) => void Object.assign(measured, { [name]: values }),
  };
  const { sweep, answer } = createLaterSweep({ ...tables, now: () => now }, observability);
  const run = async (remaining = 60_000) => ({
    report: await sweep({ getRemainingTimeInMillis: () => remaining }),
    measured,
  });
  return { run, answer };
}

describe('a scheduled event', () => {
  it('waits in a separate table, uses no version, and is committed with its state', async () => {
    const id = newId();
    expect(await orders.create(id, withReminder(id), context)).toMatchObject({ state: { version: 1 } });
    expect(await typesOf(id)).toEqual([[1, placed.type, 1]]);
    expect(await waiting()).toMatchObject([{ subject: id, name: 'reminder', due: DUE.toISOString() }]);
    await documents.send(new DeleteCommand({ TableName: 'later', Key: { subject: id, name: 'reminder' } }));
    expect(await orders.create(id, withReminder(id), context)).toMatchObject({ result: 'taken' });
    expect(await waiting()).toEqual([]);
  });

  it('is not sent before its time, and gets the next version of its aggregate when it is sent', async () => {
    const id = newId();
    await orders.create(id, withReminder(id), context);
    await orders.change(id, () => order(id), context);
    const key = { subject: id, name: 'reminder' };
    expect(await release(key, at(HALF_AN_HOUR - 1))).toBe('gone');
    expect(await pending(id)).toHaveLength(2);

    expect(await release(key, at(HALF_AN_HOUR + 30))).toBe('released');
    expect(await typesOf(id)).toEqual([
      [1, placed.type, 1],
      [2, placed.type, 2],
      [3, reminded.type, 3],
    ]);
    const [, , last] = await pending(id);
    const now = at(HALF_AN_HOUR + 30).toISOString();
    expect(last).toMatchObject({
      committedAt: now,
      channel: 'order-events',
      group: id,
      body: { time: now, subject: id },
    });
    expect(await orders.read(id)).toMatchObject({ version: 3, state: 'open' });
    expect(await waiting()).toEqual([]);
  });

  it('and a change at the same moment get different versions', async () => {
    const id = newId();
    await orders.create(id, withReminder(id), context);
    afterNextRead = () => release({ subject: id, name: 'reminder' }, DUE);
    expect(await orders.change(id, () => order(id), context)).toMatchObject({ state: { version: 3 } });
    expect((await typesOf(id)).map(([version]) => version)).toEqual([1, 2, 3]);
  });

  it('gets a later version than a change that is committed between the read and the write of its release', async () => {
    const id = newId();
    await orders.create(id, withReminder(id), context);
    afterNextRead = () => orders.change(id, () => order(id), context);
    expect(await release({ subject: id, name: 'reminder' }, DUE)).toBe('released');
    expect((await typesOf(id)).map(([version]) => version)).toEqual([1, 2, 3]);
  });

  it('cannot be the only event of a change', async () => {
    const id = newId();
    const alone = order(id, { events: [draft(reminded, { orderId: id }, { after: 60 })] });
    await expect(orders.create(id, alone, context)).rejects.toThrow('all events are scheduled for later');
  });

  it('of a deleted aggregate stays scheduled, and the error contains the reason', async () => {
    const id = newId();
    await orders.create(id, withReminder(id), context);
    await documents.send(new DeleteCommand({ TableName: 'orders', Key: { pk: id } }));
    await expect(release({ subject: id, name: 'reminder' }, DUE)).rejects.toThrow('the aggregate no longer exists');
    expect(await waiting()).toHaveLength(1);
  });
});

describe('a scheduled command', () => {
  it('gets the next number of its subject when it is due', async () => {
    const id = newId();
    const group = `payments/${id}`;
    await orders.create(id, withDeadline(id), context);
    expect(await pending(group)).toEqual([]);
    await orders.change(id, () => order(id, { send: [draftTo(payments, charge, { orderId: id })] }), context);
    expect(await release({ subject: id, name: 'deadline' }, DUE)).toBe('released');
    await orders.change(id, () => order(id, { send: [draftTo(payments, charge, { orderId: id })] }), context);
    expect(await typesOf(group)).toEqual([1, 2, 3].map((position) => [position, charge.type, position]));
    const [, second] = await pending(group);
    expect(second?.committedAt).toBe(DUE.toISOString());
  });

  it('gets number 1 if no other command was sent before', async () => {
    const id = newId();
    await orders.create(id, withDeadline(id), context);
    await release({ subject: id, name: 'deadline' }, DUE);
    expect(await typesOf(`payments/${id}`)).toEqual([[1, charge.type, 1]]);
  });

  it('to an unordered queue has no number', async () => {
    const id = newId();
    await orders.create(id, order(id, { send: [draftTo(labels, print, { orderId: id }, { at: DUE })] }), context);
    const [one] = await waiting();
    const { name = '' } = one ?? {};
    expect(await release({ subject: id, name }, DUE)).toBe('released');
    const [row] = await pending(`labels/${name}`);
    expect(row).toMatchObject({ version: 1, channel: 'labels', body: { id: name, subject: id } });
    expect(row?.body).not.toHaveProperty('sequence');
  });

  it('can also be part of a transaction of the caller', async () => {
    const id = newId();
    const [put, ...others] = await writer.writes([deadline(id)], context);
    expect(others).toEqual([]);
    expect(put?.Put).toMatchObject({ TableName: 'later', Item: { subject: id, name: 'deadline' } });
  });

  it('is refused without a table of scheduled messages, and the error names the missing option', async () => {
    const id = newId();
    const { later: _, ...without } = outboxOptions;
    const bare = createPublisher<Order, typeof orderEvents>(orderEvents, { ...without, table: 'orders' });
    await expect(bare.create(id, withDeadline(id), context)).rejects.toThrow(
      'pass the result of createLater to the sender as `later`',
    );
    await expect(bare.create(id, withReminder(id), context)).rejects.toThrow(
      'pass the result of createLater to the sender as `later`',
    );
    expect(await orders.read(id)).toBeUndefined();
  });

  it.each([{ after: -1 }, { after: Number.NaN }, { after: 1e12 }, { at: new Date('never') }])(
    'needs a time: %o',
    (when) => {
      expect(() => draftTo(payments, charge, { orderId: 'o' }, when)).toThrow('needs a time');
    },
  );
});

describe('a message scheduled under a name', () => {
  it('is cancelled or sent, and never both', async () => {
    const id = newId();
    const key = { subject: id, name: 'deadline' };
    await orders.create(id, withDeadline(id), context);
    expect(await later.cancel(key)).toEqual({ cancelled: true });
    expect(await release(key, DUE)).toBe('gone');
    expect(await pending(`payments/${id}`)).toEqual([]);
    expect(await later.cancel(key)).toEqual({ cancelled: false });

    await orders.change(id, () => withDeadline(id), context);
    await release(key, DUE);
    expect(await later.cancel(key)).toEqual({ cancelled: false });
    expect(await pending(`payments/${id}`)).toHaveLength(1);
  });

  it('is cancelled between the read and the write of its release', async () => {
    const id = newId();
    const key = { subject: id, name: 'deadline' };
    await orders.create(id, withDeadline(id), context);
    afterNextRead = async () => expect(await later.cancel(key)).toEqual({ cancelled: true });
    expect(await release(key, DUE)).toBe('gone');
    expect(await pending(`payments/${id}`)).toEqual([]);
  });

  it('is sent once, even if several callers release it at once', async () => {
    const id = newId();
    const key = { subject: id, name: 'deadline' };
    await orders.create(id, withDeadline(id), context);
    afterNextRead = async () => expect(await release(key, DUE)).toBe('released');
    expect(await release(key, DUE)).toBe('gone');
    expect(await pending(`payments/${id}`)).toHaveLength(1);
  });

  it('is cancelled in the transaction of a change, which is refused if the message no longer waits', async () => {
    const id = newId();
    const key = { subject: id, name: 'deadline' };
    await orders.create(id, withDeadline(id), context);
    const paid = () => ({ ...order(id), beside: { deadline: later.cancelling(key) } });
    expect(await orders.change(id, paid, context, 7)).toMatchObject({ result: 'overtaken' });
    expect(await waiting()).toHaveLength(1);
    expect(await orders.change(id, paid, context)).toMatchObject({ result: 'done' });
    expect(await waiting()).toEqual([]);
    expect(await orders.change(id, paid, context)).toEqual({ result: 'refused', by: 'deadline' });
  });

  it('is replaced, and a release of the old message does not send the new message early', async () => {
    const id = newId();
    const key = { subject: id, name: 'deadline' };
    await orders.create(id, withDeadline(id), context);
    afterNextRead = () => orders.change(id, () => withDeadline(id), contextAt(600));
    expect(await release(key, DUE)).toBe('gone');
    expect(await waiting()).toMatchObject([{ due: at(HALF_AN_HOUR + 600).toISOString() }]);
    expect(await release(key, DUE)).toBe('gone');
    expect(await release(key, at(HALF_AN_HOUR + 600))).toBe('released');
  });
});

describe('a message scheduled under a name, with a custom ID', () => {
  const withId = (orderId: string, id: string) =>
    order(orderId, { send: [draftTo(payments, charge, { orderId }, { after: HALF_AN_HOUR, name: 'deadline', id })] });

  it('is not lost if it replaces a message with the same ID while that message is being released', async () => {
    const id = newId();
    const key = { subject: id, name: 'deadline' };
    await orders.create(id, withId(id, `${id}-deadline`), context);
    afterNextRead = () => orders.change(id, () => withId(id, `${id}-deadline`), contextAt(600));
    expect(await release(key, DUE)).toBe('gone');
    expect(await waiting()).toMatchObject([{ due: at(HALF_AN_HOUR + 600).toISOString() }]);
  });
});

describe('the erasure of an aggregate', () => {
  const leaving = (id: string) => order(id, { events: [draft(forgotten, { orderId: id })] });

  it('deletes all scheduled messages about the aggregate, in the same transaction', async () => {
    const [id, other] = [newId(), newId()];
    await orders.create(id, order(id, { ...withReminder(id), send: [deadline(id)] }), context);
    await orders.create(other, withDeadline(other), context);
    expect(await orders.change(id, () => leaving(id), context, 9)).toMatchObject({ result: 'overtaken' });
    expect(await waiting()).toHaveLength(3);
    await orders.change(id, () => leaving(id), context);
    expect((await waiting()).map(({ subject }) => subject)).toEqual([other]);
  });

  it('may cancel and replace scheduled messages in the same decision', async () => {
    const id = newId();
    await orders.create(id, order(id, { ...withReminder(id), send: [deadline(id)] }), context);
    const cancelled = { deadline: later.cancelling({ subject: id, name: 'deadline' }) };
    expect(await orders.change(id, () => ({ ...leaving(id), beside: cancelled }), context)).toMatchObject({
      result: 'done',
    });
    expect(await waiting()).toEqual([]);

    await orders.change(id, () => order(id, { ...withReminder(id), send: [deadline(id)] }), context);
    const replaced = () => ({ ...leaving(id), send: [deadline(id)] });
    expect(await orders.change(id, replaced, contextAt(600))).toMatchObject({ result: 'done' });
    expect(await waiting()).toMatchObject([{ name: 'deadline', due: at(HALF_AN_HOUR + 600).toISOString() }]);
  });

  it('needs no publisher to delete scheduled messages', async () => {
    const id = newId();
    const many = Array.from({ length: 30 }, () => draftTo(labels, print, { orderId: id }, { after: 60 }));
    await orders.create(id, order(id, { send: many }), context);
    expect(await later.of(id)).toHaveLength(30);
    expect(await later.erase(id)).toBe(30);
    expect(await waiting()).toEqual([]);
  });

  it('cannot be caused by a scheduled event', async () => {
    const id = newId();
    const events = [draft(placed, { orderId: id }), draft(forgotten, { orderId: id }, { after: 60 })] as const;
    await expect(orders.create(id, order(id, { events }), context)).rejects.toThrow(
      'schedule a command to the service itself instead',
    );
    expect(await orders.read(id)).toBeUndefined();
  });

  it('is refused if the transaction would have too many items', async () => {
    const id = newId();
    const many = Array.from({ length: 60 }, () => draftTo(labels, print, { orderId: id }, { after: 60 }));
    await orders.create(id, order(id, { send: many }), context);
    await orders.change(id, () => order(id, { send: many }), context);
    await expect(orders.change(id, () => leaving(id), context)).rejects.toThrow('120 for scheduled messages');
  });
});

describe('the sweep', () => {
  it('releases due messages, per subject in the order of their times, and measures their lag', async () => {
    const id = newId();
    const send = [3, 1, 2].map((minutes) =>
      draftTo(payments, charge, { orderId: id }, { after: minutes * 60, name: `${minutes}` }),
    );
    await orders.create(id, order(id, { send }), context);
    const { report, measured } = await sweepAt(at(150)).run();
    expect(report).toEqual({ released: 2, failed: [], failedMessages: 0, finished: true });
    expect(measured).toMatchObject({ ReleaseLag: [90_000, 30_000], OldestDue: [90], Released: [2], LeftWaiting: [0] });
    expect(await waiting()).toMatchObject([{ name: '3' }]);
    expect((await typesOf(`payments/${id}`)).map(([position]) => position)).toEqual([1, 2]);
    expect((await sweepAt(at(150)).run()).measured).toMatchObject({ OldestDue: [0], ReleaseLag: [] });
  });

  it('does not let a later message overtake a message that failed temporarily', async () => {
    const [id, other] = [newId(), newId()];
    for (const one of [id, other]) {
      const send = ['a', 'b'].map((name) => draftTo(payments, charge, { orderId: one }, { after: 60, name }));
      await orders.create(one, order(one, { send }), context);
    }
    throttled = `commands#payments/${id}`;
    const { report, measured } = await sweepAt(at(60)).run();
    expect(report).toMatchObject({ released: 2, failed: [{ subject: id, name: 'a', error: 'throttled' }] });
    expect(measured.LeftWaiting).toEqual([1]);
    expect(await waiting()).toHaveLength(2);
  });

  it('is not blocked by messages of deleted aggregates', async () => {
    const id = newId();
    await orders.create(
      id,
      order(id, { ...withReminder(id), send: [draftTo(labels, print, { orderId: id }, { at: DUE, name: 'z' })] }),
      context,
    );
    await documents.send(new DeleteCommand({ TableName: 'orders', Key: { pk: id } }));
    const { report } = await sweepAt(DUE).run();
    expect(report).toMatchObject({ released: 1, failedMessages: 1, failed: [{ name: 'reminder' }] });
  });

  it('releases no message if too little time remains', async () => {
    const id = newId();
    await orders.create(id, withDeadline(id), context);
    expect((await sweepAt(DUE).run(1_000)).report).toMatchObject({ released: 0, finished: false });
    expect(await waiting()).toHaveLength(1);
  });

  it("sends a message early, or cancels it, on an operator's request", async () => {
    const [id, other] = [newId(), newId()];
    await orders.create(id, withDeadline(id), context);
    await orders.create(other, withDeadline(other), context);
    const { answer } = sweepAt(at(1));
    expect(await answer({ sendNow: { subject: id, name: 'deadline' } })).toEqual({ sent: 'released' });
    expect(await answer({ sendNow: { subject: id, name: 'deadline' } })).toEqual({ sent: 'gone' });
    expect(await answer({ cancel: { subject: other, name: 'deadline' } })).toEqual({ cancelled: true });
    expect(await pending(`payments/${id}`)).toHaveLength(1);
    expect(await pending(`payments/${other}`)).toEqual([]);
    expect(await answer({})).toBeUndefined();
    await expect(answer({ cancel: { subject: id } })).rejects.toThrow('invalid request to the sweep');
  });

  it('reads only due messages, however many wait', async () => {
    const run = async () => {
      calls = [];
      const { report } = await sweepAt(DUE).run();
      return { released: report.released, calls: calls.length, read: calls.reduce((sum, { items }) => sum + items, 0) };
    };
    const placeOrder = async () => {
      const id = newId();
      await orders.create(id, withDeadline(id), context);
    };
    await placeOrder();
    const few = await run();
    expect(few).toEqual({ released: 1, calls: SHARDS.length + 3, read: 1 });

    const rows = Array.from({ length: 2_000 }, (_, index) => ({
      ...{ subject: `s-${index}`, name: 'n', shard: SHARDS[index % SHARDS.length], messageId: 'm' },
      due: at(HALF_AN_HOUR + 60).toISOString(),
    }));
    for (let from = 0; from < rows.length; from += 25)
      await documents.send(
        new BatchWriteCommand({
          RequestItems: { later: rows.slice(from, from + 25).map((Item) => ({ PutRequest: { Item } })) },
        }),
      );
    await placeOrder();
    expect(await run()).toEqual(few);
  });
});
