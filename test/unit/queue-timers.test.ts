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

/** Whether a receive that waits has been told that there may be something. */
function waiting(on: Queue) {
  const told = vi.fn();
  void on.waitForMessages(20).then(told);
  return {
    async told(ms: number): Promise<boolean> {
      await vi.advanceTimersByTimeAsync(ms);
      return told.mock.calls.length > 0;
    },
  };
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test('a queue in which nothing comes due does not look', () => {
  void queue().waitForMessages(20);
  // The end of the receive itself.
  expect(vi.getTimerCount()).toBe(1);
});

test.each([{}, { FifoQueue: 'true' }])(
  'a delayed message is told of when its delay is over: %j',
  async (attributes) => {
    const q = queue(attributes);
    const receive = waiting(q);
    q.enqueue(message(3, 'FifoQueue' in attributes ? 'a' : undefined));
    expect(await receive.told(2_900)).toBe(false);
    expect(await receive.told(200)).toBe(true);
  },
);

test.each([{}, { FifoQueue: 'true' }])(
  'a message comes back when its visibility timeout is over: %j',
  async (attributes) => {
    const q = queue(attributes);
    q.enqueue(message(0, 'FifoQueue' in attributes ? 'a' : undefined));
    q.dequeue(1, 5);
    const receive = waiting(q);
    expect(await receive.told(4_900)).toBe(false);
    expect(await receive.told(200)).toBe(true);
  },
);

test('a timeout that is set while somebody waits counts', async () => {
  const q = queue();
  q.enqueue(message());
  const [received] = q.dequeue(1, 600);
  const receive = waiting(q);
  q.changeVisibility(received?.ReceiptHandle, 2);
  expect(await receive.told(1_900)).toBe(false);
  expect(await receive.told(200)).toBe(true);
});
