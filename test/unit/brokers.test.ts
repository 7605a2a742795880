import { expect, it } from 'vitest';
import { Received } from '../../bench/brokers/received.ts';
import type { Sent } from '../../bench/brokers/transport.ts';

const sent = (key: string, position: number): Sent => ({ id: `${key}${position}`, key, position, at: 0 });

it('the receivers of bench:brokers count messages that are duplicated, out of order or missing', async () => {
  const [a1, a2, a3, b1, b2] = [sent('a', 1), sent('a', 2), sent('a', 3), sent('b', 1), sent('b', 2)];
  const received = new Received();
  // A second copy of a message counts as a duplicate, not as out of order. a3 before a2 counts as out of order.
  for (const message of [a1, b2, a3, a1, a2, a1]) received.add(message);
  expect(received).toMatchObject({ duplicates: 2, outOfOrder: 1 });
  expect(received.missing([a1, a2, a3, b1, b2])).toEqual([b1]);
  expect(received.latencies).toHaveLength(4);
  await received.settle(4, 60_000);
});
