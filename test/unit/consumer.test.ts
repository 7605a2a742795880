import { MAX_RECEIVES } from '@rollcall/kit/internal/contracts/redelivery';
import { backoffSeconds, postponedSeconds } from '@rollcall/kit/internal/messaging/backoff';
import { consume } from '@rollcall/kit/internal/messaging/consumer';
import { PostponedError } from '@rollcall/kit/internal/messaging/errors';
import { describe, expect, it } from 'vitest';
import { sqsRecord } from '../support/builders.ts';

describe('consume', () => {
  it('stops a group at its first failure, and returns that message and all later ones of the group', async () => {
    const applied: string[] = [];
    const Records = ['a1', 'a2', 'a3', 'b1'].map((id) => sqsRecord(id.slice(0, 1), id, id));
    const { returned } = await consume({ Records }, async ({ body }) => {
      if (body === 'a2') throw new Error('not now');
      applied.push(body);
      return 'applied';
    });
    expect(returned.map(({ record }) => record.messageId)).toEqual(['a2', 'a3']);
    expect(applied.toSorted()).toEqual(['a1', 'b1']);
  });

  it('handles groups in parallel and the messages of a group in sequence', async () => {
    const order: string[] = [];
    const gate = Promise.withResolvers<void>();
    const Records = ['a1', 'a2', 'b1'].map((id) => sqsRecord(id.slice(0, 1), id, id));
    await consume({ Records }, async ({ body }) => {
      order.push(`${body} starts`);
      if (body === 'a1') await gate.promise;
      if (body === 'b1') gate.resolve();
      order.push(`${body} ends`);
      return 'applied';
    });
    expect(order).toEqual(['a1 starts', 'b1 starts', 'b1 ends', 'a1 ends', 'a2 starts', 'a2 ends']);
  });

  it('processes messages one by one, after all others, if they may have crashed the function', async () => {
    const order: string[] = [];
    const Records = ['a9', 'b1', 'c9', 'd2'].map((id) => sqsRecord(id, id, id));
    const apply = async ({ body }: { body: string }) => {
      order.push(`${body} starts`);
      await Promise.resolve();
      order.push(`${body} ends`);
      return 'applied' as const;
    };
    await consume({ Records }, apply, async ({ body }) => body.endsWith('9'));
    expect(order).toEqual([
      'b1 starts',
      'd2 starts',
      'b1 ends',
      'd2 ends',
      'a9 starts',
      'a9 ends',
      'c9 starts',
      'c9 ends',
    ]);
  });

  it('returns a postponed message and all later ones of its group, each with the time at which the postponed message is due', async () => {
    const until = new Date('2026-11-21T10:00:30Z');
    const Records = ['a1', 'a2', 'b1'].map((id) => sqsRecord(id.slice(0, 1), id, id));
    const { returned } = await consume({ Records }, async ({ body }) => {
      if (body === 'a1') throw new PostponedError('the provider is down', until);
      return 'applied';
    });
    expect(returned.map(({ record, until }) => [record.messageId, until])).toEqual([
      ['a1', until],
      ['a2', until],
    ]);
  });

  it('counts outcomes', async () => {
    const outcomes = ['applied', 'duplicate', 'parked'] as const;
    const Records = outcomes.map((outcome) => sqsRecord(outcome, outcome, outcome));
    const report = await consume({ Records }, async ({ body }) => body as (typeof outcomes)[number]);
    expect(report.outcomes).toEqual({ applied: 1, duplicate: 1, ignored: 0, parked: 1 });
    expect(report.returned).toEqual([]);
  });
});

describe('backoff', () => {
  it('hides a postponed message until it is due, but at least for a time that grows after many receives, and at most for a quarter of an hour', () => {
    const now = new Date('2026-11-21T10:00:00Z');
    const hidden = (seconds: number, receives: number, chance = 0) =>
      postponedSeconds(new Date(now.getTime() + seconds * 1000), now, receives, () => chance);
    expect([hidden(10, 1), hidden(10, 1, 1), hidden(-5, 60), hidden(1, 160), hidden(9_999, 1, 1)]).toEqual([
      10, 12, 0, 60, 900,
    ]);
  });

  it('lets a postponed message wait for days before it becomes a dead letter, but not longer than the retention', () => {
    const now = new Date('2026-11-21T10:00:00Z');
    const receives = Array.from({ length: MAX_RECEIVES }, (_, index) => index + 1);
    const days = receives.reduce((total, receive) => total + postponedSeconds(now, now, receive, () => 0), 0) / 86_400;
    expect(days).toBeGreaterThan(4);
    expect(days).toBeLessThan(14);
  });

  it('doubles with every receive, up to fifteen minutes, and up to half of it is random', () => {
    expect([1, 2, 3, 9, 10, 50].map((receives) => backoffSeconds(receives, () => 1))).toEqual([2, 4, 8, 512, 900, 900]);
    expect([1, 2, 3].map((receives) => backoffSeconds(receives, () => 0))).toEqual([1, 2, 4]);
  });
});
