import { describe, expect, it } from 'vitest';
import { backoffSeconds } from '../../shared/messaging/backoff.ts';
import { consume } from '../../shared/messaging/consumer.ts';
import { sqsRecord } from '../support/builders.ts';

describe('consume', () => {
  it('stops a group at its first failure and gives back that message and all later ones of the group', async () => {
    const applied: string[] = [];
    const Records = ['a1', 'a2', 'a3', 'b1'].map((id) => sqsRecord(id.slice(0, 1), id, id));
    const { givenBack } = await consume({ Records }, async ({ body }) => {
      if (body === 'a2') throw new Error('not now');
      applied.push(body);
      return 'applied';
    });
    expect(givenBack.map(({ messageId }) => messageId)).toEqual(['a2', 'a3']);
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

  it('leaves messages that came too often to the end, one by one, so that they take no other down with them', async () => {
    const order: string[] = [];
    const Records = ['a9', 'b1', 'c9', 'd2'].map((id) => {
      const record = sqsRecord(id, id, id);
      return { ...record, attributes: { ...record.attributes, ApproximateReceiveCount: id.slice(1) } };
    });
    await consume({ Records }, async ({ body }) => {
      order.push(`${body} starts`);
      await Promise.resolve();
      order.push(`${body} ends`);
      return 'applied';
    });
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

  it('counts outcomes', async () => {
    const outcomes = ['applied', 'duplicate', 'parked'] as const;
    const Records = outcomes.map((outcome) => sqsRecord(outcome, outcome, outcome));
    const report = await consume({ Records }, async ({ body }) => body as (typeof outcomes)[number]);
    expect(report.outcomes).toEqual({ applied: 1, duplicate: 1, ignored: 0, parked: 1 });
    expect(report.givenBack).toEqual([]);
  });
});

describe('backoff', () => {
  it('doubles with every receive, up to fifteen minutes, half of it by chance', () => {
    expect([1, 2, 3, 9, 10, 50].map((receives) => backoffSeconds(receives, () => 1))).toEqual([2, 4, 8, 512, 900, 900]);
    expect([1, 2, 3].map((receives) => backoffSeconds(receives, () => 0))).toEqual([1, 2, 4]);
  });
});
