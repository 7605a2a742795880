import type { Channel } from '@rollcall/kit/internal/contracts/channel';
import { defineConsumer } from '@rollcall/kit/internal/contracts/consumer';
import type { MessageContract } from '@rollcall/kit/internal/contracts/contract';
import { HeldError } from '@rollcall/kit/internal/messaging/errors';
import { createMessage } from '@rollcall/kit/internal/messaging/message';
import { inMemoryConsumer } from '@rollcall/kit/testing';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';

const added = {
  type: 'shop.stock.added.v1',
  kind: 'event',
  data: z.object({ quantity: z.int() }),
} as const satisfies MessageContract;

const notified = {
  type: 'shop.desk.notified.v1',
  kind: 'document',
  data: z.object({}),
} as const satisfies MessageContract;

const common = {
  ordered: true,
  description: '',
  format: 'application/json',
  senders: { anyServiceOf: 'shop' },
} as const;
const stockEvents: Channel = { ...common, name: 'stock-events', kind: 'topic', messages: [added] };
const desk: Channel = { ...common, name: 'desk', kind: 'queue', messages: [notified] };

const totals = defineConsumer('totals', {
  ...{ source: '/shop/totals', of: stockEvents, reads: [added], sends: [desk], cursorKey: 'total' },
});

const event = (version: number, quantity: number, replyTo?: string) =>
  createMessage(added, {
    ...{ id: `tea/${version}`, source: '/shop/stock', subject: 'tea', version, data: { quantity }, replyTo },
    time: new Date('2026-11-21T10:00:00.000Z'),
  });

const create = () =>
  inMemoryConsumer(totals, ({ correspondence, tableName }) => ({
    'shop.stock.added.v1': {
      handle: async ({ subject, id, data }, { state, released }) => {
        if (data.quantity > 100 && !released) throw new HeldError('the quantity is above 100');
        const { total = 0 } = (await state()) as { total?: number };
        const entry = { Put: { TableName: tableName, Item: { pk: subject, sk: `entry#${id}` } } };
        return { set: { total: total + data.quantity }, writes: [entry] };
      },
      follows: (cause) => correspondence.reply(cause, notified, {}, cause.time),
    },
  }));

describe('a consumer in memory', () => {
  it('commits the effect of each version once, with its additional writes', async () => {
    const { deliver, of, items } = create();
    expect(await deliver(event(1, 2))).toBe('applied');
    expect(await deliver(event(1, 2), 2)).toBe('duplicate');
    expect(await deliver(event(2, 3))).toBe('applied');
    expect(of('tea')).toMatchObject({ version: 2, total: 5 });
    expect(items().map(({ sk }) => sk)).toEqual(['total', 'entry#tea/1', 'entry#tea/2']);
  });

  it('parks an early message until the sweep after its predecessor was applied', async () => {
    const { deliver, parked, sweep, of, pass } = create();
    expect(await deliver(event(2, 3))).toBe('parked');
    expect(parked()).toMatchObject([{ aggregateId: 'tea', version: 2, reason: 'gap' }]);
    await deliver(event(1, 2));
    pass(60_000);
    await sweep();
    expect(of('tea')).toMatchObject({ version: 2, total: 5 });
    expect(parked()).toEqual([]);
  });

  it('keeps a held message until an operator releases it', async () => {
    const { deliver, parked, sweep, redrive, of, pass } = create();
    expect(await deliver(event(1, 101))).toBe('parked');
    pass(3_600_000);
    await sweep();
    expect(parked()).toMatchObject([{ reason: 'held' }]);
    await redrive();
    expect(of('tea')).toMatchObject({ total: 101 });
  });

  it('stores a reply while the channel is down, and sends it later', async () => {
    const { deliver, channel, sweep, pass } = create();
    channel.down = true;
    await expect(deliver(event(1, 2, 'desk'))).rejects.toThrow('the channel is down');
    expect(await deliver(event(1, 2, 'desk'), 5)).toBe('parked');
    expect(channel.sent).toEqual([]);
    channel.down = false;
    pass(3_600_000);
    await sweep();
    expect(channel.sent).toMatchObject([{ channel: 'desk', type: 'shop.desk.notified.v1', group: 'tea' }]);
  });
});
