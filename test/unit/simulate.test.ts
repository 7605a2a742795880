import { randomUUID } from 'node:crypto';
import { DeleteCommand, PutCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import type { Channel } from '@rollcall/kit/internal/contracts/channel';
import { defineConsumer } from '@rollcall/kit/internal/contracts/consumer';
import type { MessageContract } from '@rollcall/kit/internal/contracts/contract';
import { PermanentError } from '@rollcall/kit/internal/messaging/errors';
import type { Handlers } from '@rollcall/kit/internal/messaging/handlers';
import { createMessage } from '@rollcall/kit/internal/messaging/message';
import { outgoing } from '@rollcall/kit/internal/messaging/outgoing';
import {
  type Choose,
  type Invariant,
  type SimulatedContext,
  type SimulatedState,
  SimulationError,
  simulate,
  type ToPublish,
} from '@rollcall/kit/testing';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';

const added = {
  type: 'shop.stock.added.v1',
  kind: 'event',
  data: z.object({ quantity: z.int() }),
} as const satisfies MessageContract;

const notify = {
  type: 'shop.desk.notify.v1',
  kind: 'command',
  data: z.object({ product: z.string(), at: z.string() }),
} as const satisfies MessageContract;

const stockEvents: Channel = {
  name: 'stock-events',
  kind: 'topic',
  ordered: true,
  description: 'Changes of the stock.',
  format: 'application/json',
  senders: ['/shop/stock'],
  messages: [added],
};

const desk = {
  name: 'desk',
  kind: 'queue',
  ordered: false,
  description: 'Notifications for the desk.',
  format: 'application/json',
  senders: { anyServiceOf: 'shop' },
  messages: [notify],
} as const satisfies Channel;

const totals = defineConsumer('totals', {
  ...{ source: '/shop/totals', of: stockEvents, reads: [added], sends: [desk], cursorKey: 'total' },
});
const notices = defineConsumer('desk', { source: '/shop/desk', of: desk, reads: [notify], cursorKey: 'notice' });

type Totals = Handlers<typeof added>;
type Context = SimulatedContext<typeof desk>;

const publish = (choose: Choose): ToPublish[] =>
  Array.from({ length: 1 + choose.below(6) }, () => ({
    contract: added,
    subject: choose.oneOf(['tea', 'coffee']),
    data: { quantity: 1 + choose.below(3) },
  }));

/** Checks that each product's total is the sum of the added quantities. */
const addsUp: Invariant = ({ published, of }) => {
  for (const [product, additions] of Map.groupBy(published, ({ subject }) => subject)) {
    const expected = additions.reduce((sum, { data }) => sum + ((data as { quantity?: number }).quantity ?? 0), 0);
    const { total } = of('totals', product);
    if (total !== expected) return `${product} has ${total} in stock instead of ${expected}`;
  }
  return undefined;
};

const adding: Totals[typeof added.type] = async ({ data }, { state }) => {
  const { total = 0 } = (await state()) as { total?: number };
  return { set: { total: total + data.quantity } };
};

const run = (handlers: Totals | ((context: Context) => Totals), more: object = {}) =>
  simulate({ consumers: [{ descriptor: totals, handlers }], publish, invariant: addsUp, schedules: 200, ...more });

async function failing(handlers: Totals | ((context: Context) => Totals), more: object = {}): Promise<SimulationError> {
  const error = await run(handlers, more).catch((caught: unknown) => caught);
  expect(error).toBeInstanceOf(SimulationError);
  return error as SimulationError;
}

describe('a simulation', () => {
  it('passes for handlers that read the state on which their effect is committed', async () => {
    const { schedules, applied } = await run({ 'shop.stock.added.v1': adding });
    expect(schedules).toBe(200);
    expect(applied).toBeGreaterThan(200);
  });

  it('finds an effect outside of the transaction, shrinks the schedule, and describes the steps', async () => {
    const { message, trace, violation } = await failing(({ client, tableName }) => ({
      'shop.stock.added.v1': async ({ subject, data }) => {
        const Key = { pk: subject, sk: 'total' };
        const UpdateExpression = 'ADD #total :added';
        const ExpressionAttributeNames = { '#total': 'total' };
        const ExpressionAttributeValues = { ':added': data.quantity };
        await client.send(
          new UpdateCommand({
            TableName: tableName,
            ...{ Key, UpdateExpression, ExpressionAttributeNames, ExpressionAttributeValues },
          }),
        );
        return {};
      },
    }));
    expect(violation).toMatch(/^tea has \d in stock instead of \d$/);
    expect(message).toMatch(/in schedule \d+ of seed 1, shrunk from \d+ decisions to \d+ in \d+ runs/);
    expect(message).toMatch(/\d\d:\d\d:\d\d {2}totals.fifo delivers tea v1 shop.stock.added.v1/);
    // One message and few steps are enough to reproduce the violation.
    expect(message).not.toContain('tea v2');
    expect(trace.length).toBeLessThan(40);
  });

  describe('of an erased subject', () => {
    const gone = { type: 'shop.stock.gone.v1', kind: 'event', data: z.object({}), erases: true } as const;
    const leaving = { ...stockEvents, messages: [added, gone] } satisfies Channel;
    const descriptor = defineConsumer('totals', { ...totals, of: leaving, reads: [added, gone], sends: [] });
    const one = { contract: added, subject: 'tea', data: { quantity: 1 } };
    const left = { contract: gone, subject: 'tea', data: {} };

    it('does not report versions that a late subscriber drops because they are below its baseline', async () => {
      const late = defineConsumer('totals', { ...descriptor, joinsLate: true });
      let dropped = 0;
      await simulate({
        consumers: [
          { descriptor: late, handlers: { 'shop.stock.added.v1': () => ({}), 'shop.stock.gone.v1': () => ({}) } },
        ],
        publish: () => [one, one, left],
        invariant({ published, applied, parked }) {
          const known = new Set([...applied('totals'), ...parked('totals')].map(({ version }) => version));
          dropped += published.filter(({ sequence }) => !known.has(Number(sequence))).length;
          return undefined;
        },
        schedules: 300,
      });
      expect(dropped).toBeGreaterThan(0);
    });

    it('reports versions that any other subscriber has lost', async () => {
      const losing = ({ client, tableName }: SimulatedContext<never>) => ({
        'shop.stock.added.v1': async ({ subject }: { subject: string }) => {
          if (subject === 'tea') throw new PermanentError('never');
          const Key = { pk: 'tea', sk: 'parked#0000000000000002#stock-events/tea/2' };
          await client.send(new DeleteCommand({ TableName: tableName, Key }));
          return {};
        },
        'shop.stock.gone.v1': () => ({}),
      });
      const model = { publish: () => [left, one, { ...one, subject: 'coffee' }], invariant: () => undefined };
      const consumers = [{ descriptor, handlers: losing }] as const;
      await expect(simulate({ consumers, ...model, mayPark: true })).rejects.toThrow(
        'totals has neither applied nor parked tea v2 (shop.stock.added.v1)',
      );
    });
  });

  it('accepts a model whose only consumer is idempotent, although no message counts as applied', async () => {
    const descriptor = defineConsumer('desk', { ...notices, idempotent: true });
    const handlers = { 'shop.desk.notify.v1': () => ({}) };
    const notice = () => [{ contract: notify, subject: 'tea', data: { product: 'tea', at: 'now' } }];
    const model = { consumers: [{ descriptor, handlers }], publish: notice, invariant: () => undefined };
    expect(await simulate({ ...model, schedules: 20 })).toEqual({ schedules: 20, applied: 0 });
  });

  it('replays a failing schedule alone, and finds it again with the same seed', async () => {
    const memory: Totals = { 'shop.stock.added.v1': ({ data }) => ({ set: { total: data.quantity } }) };
    const error = await failing(memory);
    const [, publish = '', steps = ''] = /replay: { publish: (.*), steps: (.*) } }/.exec(error.message) ?? [];
    const replay = { publish: JSON.parse(publish), steps: JSON.parse(steps) };
    const alone = await failing(memory, { replay });
    expect(alone.violation).toBe(error.violation);
    expect(alone.trace).toEqual(error.trace);
    expect((await failing(memory)).message).toBe(error.message);
    expect((await failing(memory, { seed: 2 })).message).not.toBe(error.message);
    await run({ 'shop.stock.added.v1': adding }, { replay });
  });

  it.each([
    ['a random ID', () => randomUUID(), () => '2026-11-21T10:00:00.000Z'],
    ['the wall clock', ({ id }: { id: string }) => `notice of ${id}`, () => new Date().toISOString()],
  ])('finds a message of `follows` that depends on %s', async (_, idOf, timeOf) => {
    const { violation } = await failing({
      'shop.stock.added.v1': {
        handle: adding,
        follows: (cause) => [
          outgoing(
            desk.name,
            notify,
            createMessage(notify, {
              ...{ id: idOf(cause), source: '/shop/totals', subject: cause.subject, time: new Date(0) },
              data: { product: cause.subject, at: timeOf() },
            }),
          ),
        ],
      },
    });
    expect(violation).toMatch(
      /totals: `follows` of stock-events\/\w+\/1 .* returns different messages the second time/,
    );
  });

  it('shows simulated time to handlers that read the wall clock', async () => {
    const { violation } = await failing(
      { 'shop.stock.added.v1': ({ time }) => ({ set: { waited: Date.now() - Date.parse(time) } }) },
      {
        invariant: ({ of }: SimulatedState) => {
          const { waited = 0 } = of('totals', 'tea') as { waited?: number };
          if (waited > 86_400_000) return 'it is another day';
          return waited > 600_000 ? 'it is late' : undefined;
        },
      },
    );
    expect(violation).toBe('it is late');
    expect(Math.abs(Date.now() - performance.timeOrigin - performance.now())).toBeLessThan(86_400_000);
  });

  it('delivers each message between two consumers once', async () => {
    const notifying = ({ correspondence }: Context): Totals => ({
      'shop.stock.added.v1': {
        handle: adding,
        follows: (cause) => [
          correspondence.command(cause, desk, notify, { product: cause.subject, at: cause.time }, cause.time),
        ],
      },
    });
    await simulate({
      consumers: [
        { descriptor: totals, handlers: notifying },
        { descriptor: notices, handlers: { 'shop.desk.notify.v1': ({ data }) => ({ set: { about: data.product } }) } },
      ],
      publish,
      invariant: ({ published, sent, applied }) => {
        expect(sent('desk')).toHaveLength(published.length);
        expect(applied('desk')).toHaveLength(published.length);
        return undefined;
      },
      schedules: 100,
    });
  });

  it('finds a repeated call that differs from the earlier call', async () => {
    const calling =
      (keyOf: (id: string) => string) =>
      ({ callService }: Context): Totals => ({
        'shop.stock.added.v1': ({ id }) => ({ call: () => callService('printer', keyOf(id)).then(() => ({})) }),
      });
    const invariant = ({ published, calls }: SimulatedState) => {
      const keys = new Set(calls.map(({ request }) => request));
      return keys.size > published.length ? `${keys.size} labels of ${published.length} messages` : undefined;
    };
    await run(
      calling((id) => id),
      { invariant, schedules: 100 },
    );
    let n = 0;
    expect(
      (
        await failing(
          calling(() => String(++n)),
          { invariant },
        )
      ).violation,
    ).toMatch(/labels of/);
  });

  it('checks `always` after every write', async () => {
    const { violation } = await failing(
      { 'shop.stock.added.v1': adding },
      { always: ({ of }: SimulatedState) => (of('totals', 'tea').total === 5 ? 'there are five' : undefined) },
    );
    expect(violation).toBe('there are five');
  });

  it('treats a message parked at the end as a violation, unless `mayPark` is set', async () => {
    const refusing: Totals = {
      'shop.stock.added.v1': () => {
        throw new PermanentError('no room');
      },
    };
    const { violation } = await failing(refusing);
    expect(violation).toBe(
      'totals has not applied tea v1 (shop.stock.added.v1): it is parked as failed: PermanentError: no room',
    );
    const parked = ({ parked }: SimulatedState) => (parked('totals').length > 0 ? undefined : 'nothing is parked');
    const more = { mayPark: true, invariant: parked, schedules: 50 };
    await expect(run(refusing, more)).rejects.toThrow('no message was applied in any schedule');
  });

  it('reports a handler that waits for something that is not simulated', async () => {
    const { violation } = await failing({
      'shop.stock.added.v1': () => new Promise<never>(() => {}),
    });
    expect(violation).toMatch(/^totals-\w+-\d+ waits for something that is not simulated/);
  });

  it('reports a failure that cannot be repeated', async () => {
    let n = 0;
    const { message } = await failing(
      { 'shop.stock.added.v1': adding },
      {
        invariant: () => (n++ === 30 ? 'thirty' : undefined),
      },
    );
    expect(message).toContain('but not when it is run again');
  });

  it('finds a version that is applied out of order, and a version that is lost', async () => {
    const tampering =
      (product: string) =>
      ({ client, tableName }: Context): Totals => ({
        'shop.stock.added.v1': async () => {
          const Item = { pk: product, sk: 'total', version: 9 };
          await client.send(new PutCommand({ TableName: tableName, Item }));
          return {};
        },
      });
    const more = {
      invariant: () => undefined,
      publish: () => ['tea', 'coffee'].map((subject) => ({ ...one, subject })),
    };
    const one = { contract: added, data: { quantity: 1 } };
    expect((await failing(tampering('milk'), more)).violation).toBe('totals applied milk v9 when v1 was next');
    const late = { descriptor: { ...totals, joinsLate: true }, handlers: tampering('coffee') };
    await expect(simulate({ consumers: [late], ...more })).rejects.toThrow(
      'totals has neither applied nor parked coffee v1 (shop.stock.added.v1)',
    );
  });

  it('sends scheduled messages when they are due: after earlier messages, and before later ones', async () => {
    const publishLater = (choose: Choose): ToPublish[] => [
      { contract: added, subject: 'tea', data: { quantity: 1 }, after: choose.oneOf([60, 0, 400_000]) },
      { contract: added, subject: 'tea', data: { quantity: 2 } },
      { contract: notify, subject: 'tea', data: { product: 'tea', at: 'noon' }, after: 30 },
    ];
    const consumers = [
      { descriptor: totals, handlers: { 'shop.stock.added.v1': adding } },
      { descriptor: notices, handlers: { 'shop.desk.notify.v1': () => ({ set: { notified: true } }) } },
    ];
    const model = { consumers, publish: publishLater, schedules: 200, seed: 3 };
    const { applied } = await simulate({ ...model, invariant: addsUp });
    expect(applied).toBe(600);

    const inOrder: Invariant = ({ published }) => {
      const quantities = published.flatMap(({ data }) => (data as { quantity?: number }).quantity ?? []);
      return quantities.join() === '2,1' ? undefined : `they came as ${quantities}`;
    };
    await expect(simulate({ ...model, invariant: inOrder })).rejects.toThrow('they came as 1,2');
  });

  it('refuses messages without a channel', async () => {
    await expect(
      run({}, { publish: () => [{ contract: { ...added, type: 'shop.stock.lost.v1' }, subject: 'tea', data: {} }] }),
    ).rejects.toThrow('shop.stock.lost.v1 of tea cannot be published: no channel of these consumers carries it');
  });
});
