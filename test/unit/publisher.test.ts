import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CreateTableCommand, DynamoDBClient, TransactionCanceledException } from '@aws-sdk/client-dynamodb';
import {
  DynamoDBDocumentClient,
  GetCommand,
  PutCommand,
  QueryCommand,
  TransactWriteCommand,
} from '@aws-sdk/lib-dynamodb';
import { command, document, event, queue, topic } from '@rollcall/kit/internal/contracts/descriptors';
import type { Decision } from '@rollcall/kit/internal/messaging/decision';
import { type CommandContext, draft, draftTo } from '@rollcall/kit/internal/messaging/draft';
import { readMessage, versionOf } from '@rollcall/kit/internal/messaging/message';
import { readRow } from '@rollcall/kit/internal/messaging/outbox';
import { createOutboxWriter } from '@rollcall/kit/internal/messaging/outbox-writer';
import { createPublisher } from '@rollcall/kit/internal/messaging/publisher';
import { type Emulator, startDynamoDB } from '@rollcall/local/internal/emulators/dynoxide';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { TIME } from '../support/builders.ts';

const created = event('shop.order.created.v1', z.object({ orderId: z.string(), pieces: z.int() }), {
  subjectField: 'orderId',
});
const cancelled = event('shop.order.cancelled.v1', z.object({ orderId: z.string() }), { subjectField: 'orderId' });
const charge = command('shop.payment.charge.v1', z.object({ customer: z.string(), cents: z.int() }), {
  subjectField: 'customer',
});
const print = command('shop.label.print.v1', z.object({ orderId: z.string() }), { subjectField: 'orderId' });
const charged = document('shop.payment.charged.v1', z.object({ customer: z.string() }));

const orderEvents = topic('order-events', { from: '/shop/orders', messages: [created, cancelled] });
const payments = queue('payments', { from: '/shop/orders', messages: [charge] });
const labels = queue('labels', { ordered: false, from: { anyServiceOf: 'shop' }, messages: [print] });
const answers = queue('answers', { ordered: false, from: '/shop/payments', messages: [charged] });

interface Order {
  state: 'open' | 'cancelled';
  pieces: number;
  version: number;
}

const folder = mkdtempSync(join(tmpdir(), 'rollcall-publisher-'));
let emulator: Emulator;
let documents: DynamoDBDocumentClient;

beforeAll(async () => {
  emulator = await startDynamoDB(join(folder, 'dynamodb.db'));
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
  const client = new DynamoDBClient({ endpoint: emulator.url, region: 'us-east-1', credentials });
  documents = DynamoDBDocumentClient.from(client, { marshallOptions: { removeUndefinedValues: true } });
  const table = (TableName: string, ...keys: Array<[string, 'S' | 'N']>) =>
    client.send(
      new CreateTableCommand({
        ...{ TableName, BillingMode: 'PAY_PER_REQUEST' },
        AttributeDefinitions: keys.map(([AttributeName, AttributeType]) => ({ AttributeName, AttributeType })),
        KeySchema: keys.map(([AttributeName], index) => ({ AttributeName, KeyType: index === 0 ? 'HASH' : 'RANGE' })),
      }),
    );
  await table('orders', ['pk', 'S']);
  await table('outbox', ['aggregateId', 'S'], ['version', 'N']);
});
afterAll(async () => {
  documents.destroy();
  await emulator.stop();
  rmSync(folder, { recursive: true });
});

let ids = 0;
/** An ID that no other test uses. */
const newId = () => `id-${++ids}`;
const context: CommandContext = { now: TIME, newId, correlationId: 'request' };

/** The names of the calls, in order. */
let calls: string[] = [];
/** An action that runs between a transaction whose response is lost and the SDK's next attempt. */
let whenLost: (() => Promise<unknown>) | undefined;
beforeEach(() => {
  calls = [];
  whenLost = undefined;
});

/** Adds the number of attempts to the error, as the SDK does. */
async function secondAttempt(write: () => Promise<unknown>): Promise<unknown> {
  try {
    return await write();
  } catch (error) {
    if (error instanceof TransactionCanceledException) error.$metadata.attempts = 2;
    throw error;
  }
}

async function send(sent: object): Promise<unknown> {
  calls.push(sent.constructor.name);
  if (!(sent instanceof TransactWriteCommand)) return documents.send(sent as GetCommand);
  const { TransactItems } = sent.input;
  // Each attempt is a new command, because an emulator may recognize the idempotency token of the first command.
  const write = () => documents.send(new TransactWriteCommand({ TransactItems }));
  const meanwhile = whenLost;
  if (!meanwhile) return write();
  whenLost = undefined;
  await write().catch(() => {});
  await meanwhile();
  return secondAttempt(write);
}

const client: DynamoDBDocumentClient = Object.create(DynamoDBDocumentClient.prototype, { send: { value: send } });
const tables = { client, table: 'orders', outboxTable: 'outbox' };
const orders = createPublisher<Order, typeof orderEvents>(orderEvents, tables);

type OrderDecision = Decision<Order, (typeof orderEvents.messages)[number]>;

const opening = (orderId: string, pieces = 1): OrderDecision => ({
  state: { state: 'open', pieces },
  events: [draft(created, { orderId, pieces })],
});
const cancelling = (orderId: string, order: Order): OrderDecision => ({
  state: { ...order, state: 'cancelled' },
  events: [draft(cancelled, { orderId })],
});
const charging = (customer: string, cents: number) =>
  draftTo(payments, charge, { customer, cents }, { replyTo: answers });

const itemAt = async (pk: string) =>
  (await documents.send(new GetCommand({ TableName: 'orders', Key: { pk }, ConsistentRead: true }))).Item;

/** The messages of an aggregate in the outbox, each with the version of its row. */
async function pending(aggregateId: string) {
  const { Items = [] } = await documents.send(
    new QueryCommand({
      ...{ TableName: 'outbox', ConsistentRead: true },
      KeyConditionExpression: 'aggregateId = :id',
      ExpressionAttributeValues: { ':id': aggregateId },
    }),
  );
  return Items.map((item) => {
    const { version, messages } = readRow(item);
    const body = JSON.parse(messages[0]?.body ?? '');
    return { version, group: messages[0]?.group, channel: messages[0]?.channel, body };
  });
}

describe('a publisher', () => {
  it('creates state, version and event in one transaction, and reads nothing', async () => {
    const id = newId();
    expect(await orders.create(id, opening(id), context)).toEqual({
      result: 'done',
      state: { state: 'open', pieces: 1, version: 1 },
    });
    expect(calls).toEqual(['TransactWriteCommand']);
    expect(await itemAt(id)).toEqual({ pk: id, state: 'open', pieces: 1, version: 1 });
    const [row, ...others] = await pending(id);
    expect(others).toEqual([]);
    expect(row).toMatchObject({ version: 1, group: id, channel: 'order-events' });
    expect(row?.body).toMatchObject({
      ...{ source: '/shop/orders', subject: id, type: created.type, correlationid: 'request' },
      ...{ time: TIME.toISOString(), data: { orderId: id, pieces: 1 } },
    });
    expect([versionOf(row?.body), readMessage(row?.body, [created]).data.pieces]).toEqual([1, 1]);
  });

  it('reports that an ID is taken, with the existing state', async () => {
    const id = newId();
    await orders.create(id, opening(id), context);
    const second = await orders.create(id, opening(id, 2), context);
    expect(second).toMatchObject({ result: 'taken', state: { pieces: 1, version: 1 } });
    expect(await pending(id)).toHaveLength(1);
  });

  it('reads the state, and changes it in one transaction', async () => {
    const id = newId();
    await orders.create(id, opening(id), context);
    calls = [];
    const changed = await orders.change(id, (order) => cancelling(id, order), context);
    expect(changed).toMatchObject({ result: 'done', state: { state: 'cancelled', pieces: 1, version: 2 } });
    expect(calls).toEqual(['GetCommand', 'TransactWriteCommand']);
    expect(await itemAt(id)).toMatchObject({ state: 'cancelled', version: 2 });
    expect((await pending(id)).map(({ version, body }) => [version, body.type])).toEqual([
      [1, created.type],
      [2, cancelled.type],
    ]);
  });

  it('gives each of several events a version', async () => {
    const id = newId();
    const { state, events } = opening(id);
    const both: OrderDecision = { state, events: [...events, draft(cancelled, { orderId: id })] };
    expect(await orders.create(id, both, context)).toMatchObject({ result: 'done', state: { version: 2 } });
    expect((await pending(id)).map(({ version, body }) => [version, versionOf(body)])).toEqual([
      [1, 1],
      [2, 2],
    ]);
    expect(await orders.change(id, (order) => cancelling(id, order), context, 2)).toMatchObject({
      state: { version: 3 },
    });
  });

  it('repeats the decision on the new state after a concurrent change', async () => {
    const id = newId();
    await orders.create(id, opening(id), context);
    const seen: number[] = [];
    const changed = await orders.change(
      id,
      async (order) => {
        if (seen.push(order.version) === 1) await orders.change(id, (other) => cancelling(id, other), context);
        return cancelling(id, order);
      },
      context,
    );
    expect([changed.result, seen]).toEqual(['done', [1, 2]]);
    expect((await pending(id)).map(({ version }) => version)).toEqual([1, 2, 3]);
  });

  it('reports concurrent changes that win every attempt', async () => {
    const id = newId();
    await orders.create(id, opening(id), context);
    let attempts = 0;
    const faster = async (order: Order) => {
      attempts++;
      await orders.change(id, (other) => cancelling(id, other), context);
      return cancelling(id, order);
    };
    expect([await orders.change(id, faster, context), attempts]).toEqual([{ result: 'busy' }, 5]);
  });

  it('decides only on the version that the caller has seen, also after a lost race', async () => {
    const id = newId();
    await orders.create(id, opening(id), context);
    let decided = 0;
    const racing = async (order: Order) => {
      decided++;
      await orders.change(id, (other) => cancelling(id, other), context);
      return cancelling(id, order);
    };
    const overtaken = { result: 'overtaken', state: { state: 'cancelled', version: 2 } };
    expect(await orders.change(id, racing, context, 1)).toMatchObject(overtaken);
    expect(await orders.change(id, racing, context, 1)).toMatchObject(overtaken);
    expect(decided).toBe(1);
  });

  it('writes nothing if there is no aggregate, or nothing to do', async () => {
    const id = newId();
    expect(await orders.change(id, (order) => cancelling(id, order), context)).toEqual({ result: 'missing' });
    await orders.create(id, opening(id), context);
    calls = [];
    expect(await orders.change(id, () => undefined, context)).toMatchObject({
      result: 'unchanged',
      state: { version: 1 },
    });
    expect(calls).toEqual(['GetCommand']);
  });

  it('refuses an event that the topic does not carry or that the source may not send, and writes nothing', async () => {
    const id = newId();
    const { state } = opening(id);
    const foreign = { state, events: [draft(print, { orderId: id })] } as unknown as OrderDecision;
    await expect(orders.create(id, foreign, context)).rejects.toThrow(`order-events does not carry ${print.type}`);
    const other = createPublisher<Order>(orderEvents, { ...tables, source: '/shop/other' });
    await expect(other.create(id, opening(id), context)).rejects.toThrow('/shop/other may not send');
    expect(() => createPublisher<Order>(labels, tables)).toThrow('has several senders');
    expect([await itemAt(id), calls]).toEqual([undefined, []]);
  });
});

describe('an additional write of a service', () => {
  const guard = (pk: string) => ({
    Put: { TableName: 'orders', Item: { pk, of: 'this' }, ConditionExpression: 'attribute_not_exists(pk)' },
  });

  it('is committed in the same transaction, or refuses the transaction and is named in the result', async () => {
    const [id, name, free] = [newId(), newId(), newId()];
    expect(await orders.create(id, { ...opening(id), beside: { name: guard(name) } }, context)).toMatchObject({
      result: 'done',
    });
    const second = newId();
    const beside = { free: guard(free), name: guard(name) };
    expect(await orders.create(second, { ...opening(second), beside }, context)).toEqual({
      ...{ result: 'refused', by: 'name' },
      item: { pk: name, of: 'this' },
    });
    expect([await itemAt(second), await itemAt(free), await pending(second)]).toEqual([undefined, undefined, []]);
  });

  it('is not named in the result if the ID is taken as well', async () => {
    const [id, name] = [newId(), newId()];
    const decision = { ...opening(id), beside: { name: guard(name) } };
    await orders.create(id, decision, context);
    expect(await orders.create(id, decision, context)).toMatchObject({ result: 'taken' });
  });

  it('can also refuse a change', async () => {
    const id = newId();
    await orders.create(id, opening(id), context);
    const check = {
      ConditionCheck: { TableName: 'orders', Key: { pk: newId() }, ConditionExpression: 'attribute_exists(pk)' },
    };
    const changed = await orders.change(
      id,
      (order) => ({ ...cancelling(id, order), beside: { customer: check } }),
      context,
    );
    expect(changed).toEqual({ result: 'refused', by: 'customer' });
  });
});

describe('commands', () => {
  it('to an ordered queue are numbered for each subject, and sent in that order', async () => {
    const [first, second, customer, other] = [newId(), newId(), newId(), newId()];
    const send = [charging(customer, 1), charging(other, 2), charging(customer, 3)];
    await orders.create(first, { ...opening(first), send }, context);
    await orders.create(second, { ...opening(second), send: [charging(customer, 4)] }, context);
    const sent = await pending(`payments/${customer}`);
    expect(sent.map(({ version, body }) => [version, versionOf(body), body.data.cents])).toEqual([
      [1, 1, 1],
      [2, 2, 3],
      [3, 3, 4],
    ]);
    expect(sent[0]).toMatchObject({ group: `payments/${customer}`, channel: 'payments' });
    expect(sent[0]?.body).toMatchObject({ subject: customer, replyto: 'answers', correlationid: 'request' });
    expect((await pending(`payments/${other}`)).map(({ version }) => version)).toEqual([1]);
    expect(await itemAt(`commands#payments/${customer}`)).toEqual({ pk: `commands#payments/${customer}`, sent: 3 });
  });

  it('cost one read of the counter for an ordered queue, and no read for an unordered queue', async () => {
    const [id, customer] = [newId(), newId()];
    await orders.create(id, { ...opening(id), send: [draftTo(labels, print, { orderId: id })] }, context);
    expect(calls).toEqual(['TransactWriteCommand']);
    calls = [];
    await orders.change(id, (order) => ({ ...cancelling(id, order), send: [charging(customer, 1)] }), context);
    expect(calls).toEqual(['GetCommand', 'GetCommand', 'TransactWriteCommand']);
  });

  it('to an unordered queue each have a separate row and position, and no counter', async () => {
    const id = newId();
    const ofMessage = { ...context, newId: () => `message-of-${id}` };
    await orders.create(id, { ...opening(id), send: [draftTo(labels, print, { orderId: id })] }, ofMessage);
    const [row] = await pending(`labels/message-of-${id}`);
    expect(row).toMatchObject({ version: 1, channel: 'labels', body: { subject: id, source: '/shop/orders' } });
    expect(row?.body).not.toHaveProperty('sequence');
  });

  it('that are sent at the same time get different positions', async () => {
    const customer = newId();
    const all = Array.from({ length: 4 }, async (_, cents) => {
      const id = newId();
      return orders.create(id, { ...opening(id), send: [charging(customer, cents)] }, context);
    });
    const done = (await Promise.all(all)).filter(({ result }) => result === 'done').length;
    expect(done).toBeGreaterThan(0);
    expect((await pending(`payments/${customer}`)).map(({ version }) => version)).toEqual(
      Array.from({ length: done }, (_, index) => index + 1),
    );
  });

  it('are reported as busy if others send to the subject at every attempt', async () => {
    const [id, customer] = [newId(), newId()];
    let count = 0;
    const counting = async (sent: object) => {
      const answer = await send(sent);
      if (sent instanceof GetCommand) {
        const Item = { pk: `commands#payments/${customer}`, sent: ++count };
        await documents.send(new PutCommand({ TableName: 'orders', Item }));
      }
      return answer;
    };
    const contended = createPublisher<Order>(orderEvents, {
      ...tables,
      client: Object.create(DynamoDBDocumentClient.prototype, { send: { value: counting } }),
    });
    const decision = { ...opening(id), send: [charging(customer, 1)] };
    expect([await contended.create(id, decision, context), count]).toEqual([{ result: 'busy' }, 5]);
    expect(await itemAt(id)).toBeUndefined();
  });

  it('are reported as busy if other transactions conflict at every attempt', async () => {
    const conflicted = async (sent: object) => {
      calls.push(sent.constructor.name);
      const CancellationReasons = [{ Code: 'TransactionConflict' }, { Code: 'None' }];
      throw new TransactionCanceledException({ message: 'conflict', $metadata: {}, CancellationReasons });
    };
    const contended = createPublisher<Order>(orderEvents, {
      ...tables,
      client: Object.create(DynamoDBDocumentClient.prototype, { send: { value: conflicted } }),
    });
    const id = newId();
    expect(await contended.create(id, opening(id), context)).toEqual({ result: 'busy' });
    expect(calls).toEqual(Array(4).fill('TransactWriteCommand'));
  });

  it('that do not fit into a transaction are refused before any read, with the numbers of items', async () => {
    const id = newId();
    const many = Array.from({ length: 50 }, () => charging(newId(), 1));
    await expect(orders.create(id, { ...opening(id), send: many }, context)).rejects.toThrow(
      'can have 100 items, and this one has 102: a state, 1 events, 0 writes of `beside`, and 100 for 50 messages to queues',
    );
    expect(calls).toEqual([]);
  });

  it('can be part of a foreign transaction', async () => {
    const customer = newId();
    const writer = createOutboxWriter({
      client,
      outboxTable: 'outbox',
      source: '/shop/orders',
      countersTable: 'orders',
    });
    const TransactItems = await writer.writes([charging(customer, 1), charging(customer, 2)], context);
    await documents.send(new TransactWriteCommand({ TransactItems }));
    expect((await pending(`payments/${customer}`)).map(({ version }) => version)).toEqual([1, 2]);
  });

  it('need a subject', async () => {
    const writer = createOutboxWriter({
      client,
      outboxTable: 'outbox',
      source: '/shop/payments',
      countersTable: 'orders',
    });
    const reply = draftTo(answers, charged, { customer: 'a' });
    await expect(writer.writes([reply], context)).rejects.toThrow(`${charged.type}, which is sent to answers, needs`);
  });
});

describe("a transaction whose response was lost, so that the SDK's retry fails on its own write", () => {
  it('is reported as done if it created the aggregate, even if an additional write also refuses the retry', async () => {
    const [id, name] = [newId(), newId()];
    const condition = { ConditionExpression: 'attribute_not_exists(pk)' };
    const beside = { name: { Put: { TableName: 'orders', Item: { pk: name }, ...condition } } };
    whenLost = async () => {};
    expect(await orders.create(id, { ...opening(id), beside }, context)).toMatchObject({ result: 'done' });
    expect(await pending(id)).toHaveLength(1);
  });

  it('is reported as done if it changed the aggregate, even if its event was published or the state was changed again meanwhile', async () => {
    const published = async (id: string) =>
      documents.send(
        new TransactWriteCommand({
          TransactItems: [{ Delete: { TableName: 'outbox', Key: { aggregateId: id, version: 2 } } }],
        }),
      );
    const changedSince = (id: string) => orders.change(id, (order) => cancelling(id, order), context);
    for (const meanwhile of [async () => {}, published, changedSince]) {
      const id = newId();
      await orders.create(id, opening(id), context);
      whenLost = () => meanwhile(id);
      const changed = await orders.change(id, (order) => cancelling(id, order), context, 1);
      expect(changed).toMatchObject({ result: 'done', state: { state: 'cancelled', version: 2 } });
    }
  });

  it('is distinguished from a transaction that another writer of the same state has prevented', async () => {
    const id = newId();
    await orders.create(id, opening(id), context);
    let isFirst = true;
    const racing = async (order: Order) => {
      if (isFirst) {
        isFirst = false;
        await orders.change(id, (other) => cancelling(id, other), context);
        whenLost = async () => {};
      }
      return cancelling(id, order);
    };
    expect(await orders.change(id, racing, context, 1)).toMatchObject({ result: 'overtaken' });
  });

  it('is distinguished from a first attempt that repeats an earlier creation', async () => {
    const id = newId();
    const decision = opening(id);
    const withId = { ...context, newId: () => 'the same' };
    await orders.create(id, decision, withId);
    expect(await orders.create(id, decision, withId)).toMatchObject({ result: 'taken' });
  });
});
