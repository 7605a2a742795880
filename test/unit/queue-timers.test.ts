import { checkWhenDue, type TimedQueue } from '@rollcall/local/internal/emulators/queue-timers';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';

interface Queue extends TimedQueue {
  dequeue(max: number, visibilityTimeout?: number): Array<{ ReceiptHandle: string }>;
  waitForMessages(seconds: number): Promise<void>;
}

const { SqsQueue, SqsStore } = await import(
  new URL('../../node_modules/fauxqs/dist/sqs/sqsStore.js', import.meta.url).href
);
checkWhenDue(SqsQueue);

const queue = (attributes: Record<string, string> = {}): Queue =>
  new SqsQueue('q', 'http://q', 'arn:q', attributes, {});
const message = (delaySeconds = 0, group?: string) =>
  SqsStore.createMessage('hello', {}, delaySeconds, group, group && `${group}-1`);

/** Starts a receive that waits for messages. `notified` lets time pass and returns whether the receive was notified. */
function waiting(on: Queue) {
  const notified = vi.fn();
  void on.waitForMessages(20).then(notified);
  return {
    async notified(ms: number): Promise<boolean> {
      await vi.advanceTimersByTimeAsync(ms);
      return notified.mock.calls.length > 0;
    },
  };
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test('a queue without delayed or hidden messages sets no timer except the one that ends the receive', () => {
  void queue().waitForMessages(20);
  expect(vi.getTimerCount()).toBe(1);
});

test.each([{}, { FifoQueue: 'true' }])(
  'a receive is notified when the delay of a message ends: %j',
  async (attributes) => {
    const q = queue(attributes);
    const receive = waiting(q);
    q.enqueue(message(3, 'FifoQueue' in attributes ? 'a' : undefined));
    expect(await receive.notified(2_900)).toBe(false);
    expect(await receive.notified(200)).toBe(true);
  },
);

test.each([{}, { FifoQueue: 'true' }])(
  'a receive is notified when the visibility timeout of a message ends: %j',
  async (attributes) => {
    const q = queue(attributes);
    q.enqueue(message(0, 'FifoQueue' in attributes ? 'a' : undefined));
    q.dequeue(1, 5);
    const receive = waiting(q);
    expect(await receive.notified(4_900)).toBe(false);
    expect(await receive.notified(200)).toBe(true);
  },
);

test('a receive is notified by a visibility timeout that is set while it waits', async () => {
  const q = queue();
  q.enqueue(message());
  const [received] = q.dequeue(1, 600);
  const receive = waiting(q);
  q.changeVisibility(received?.ReceiptHandle, 2);
  expect(await receive.notified(1_900)).toBe(false);
  expect(await receive.notified(200)).toBe(true);
});
