import { simulate } from '@rollcall/kit/testing';
import { it } from 'vitest';
import { cancelled, created, fulfilment, handlers } from './fulfilment.ts';

it('plans the orders that were not cancelled, despite failures', async () => {
  await simulate({
    consumers: [{ descriptor: fulfilment, handlers }],
    publish: (choose) =>
      ['order-1', 'order-2', 'order-3']
        .slice(0, 1 + choose.below(3))
        .flatMap((subject) => [
          { contract: created, subject, data: { quantity: 1 + choose.below(9) } },
          ...(choose.below(2) === 1 ? [{ contract: cancelled, subject, data: {} }] : []),
        ]),
    invariant: ({ published, of }) => {
      for (const { subject } of published) {
        const isCancelled = published.some((other) => other.subject === subject && other.type === cancelled.type);
        const expected = isCancelled ? 'stopped' : 'planned';
        const { status } = of('fulfilment', subject);
        if (status !== expected) return `${subject} is ${status}, but should be ${expected}`;
      }
    },
    schedules: 300,
    seed: 1,
  });
}, 60_000);
