import { readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { PARKED_INDEX } from '@rollcall/kit/internal/contracts/subscriber-table';
import { close, listen } from '@rollcall/local/internal/server/listen';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { invocation, startOwnCloud } from '../support/own-cloud.ts';

const root = join(import.meta.dirname, '../..');
const code = readdirSync(join(root, 'test/guides'), { recursive: true, encoding: 'utf8' }).filter((file) =>
  file.endsWith('.ts'),
);

it.each(code)('the guide shows the tested code of %s', (file) => {
  const [guide = ''] = file.split('/');
  const page = readFileSync(join(root, `docs/guides/${guide}.md`), 'utf8');
  const blocks = [...page.matchAll(/^```ts\n(.*?)^```$/gms)].map(([, block]) => block);
  expect(blocks).toContain(readFileSync(join(root, 'test/guides', file), 'utf8'));
});

it.each(['approval.process', 'store', 'replies.handler'])('the guide of processes shows %s of the example', (file) => {
  const source = readFileSync(join(root, `examples/orders/functions/orders/${file}.ts`), 'utf8');
  expect(readFileSync(join(root, 'docs/guides/process.md'), 'utf8')).toContain(`\`\`\`ts\n${source}\`\`\``);
});

let cloud: Awaited<ReturnType<typeof startOwnCloud>>;
beforeAll(async () => {
  cloud = await startOwnCloud();
});
afterAll(() => cloud.stop());

/** Moves the clock of the handlers forward. */
function pass(minutes: number): void {
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + minutes * 60_000 });
  onTestFinished(() => void vi.useRealTimers());
}

const parked = async (table: string) =>
  (await cloud.items(table, PARKED_INDEX)).map(({ messageId, reason }) => `${messageId} ${reason}`).toSorted();

const errorsOf = async (table: string) => (await cloud.items(table, PARKED_INDEX)).map(({ error }) => error);

describe('the outbox on an existing table', () => {
  async function shop(name: string, destination: string) {
    const orders = await cloud.table(`${name}-orders`, 'orderId');
    const outbox = await cloud.outboxTable(`${name}-outbox`);
    const environment = { ORDERS_TABLE: orders, OUTBOX_TABLE: outbox.name, ORDER_EVENTS: destination };
    const load = async () => ({
      ...(await import('../guides/outbox-on-your-table/orders.ts')),
      ...(await import('../guides/outbox-on-your-table/publish.handler.ts')),
    });
    return { orders, outbox, ...(await cloud.functions(load, environment)) };
  }
  const notices = (bodies: Array<Record<string, unknown>>) =>
    bodies.map(({ subject, sequence, data }) => [subject, Number(sequence), (data as { state: string }).state]);

  it.each(['topic', 'topic.fifo'])(
    'publishes changes to a %s, also the changes of an order that is older than the outbox',
    async (kind) => {
      const { topicArn, queueUrl } = await cloud.topicWithQueue(`order-events-${kind}`);
      const { orders, outbox, placeOrder, cancelOrder, relay } = await shop(kind.replace('.', '-'), topicArn);
      await cloud.put(orders, { orderId: 'old', state: 'placed' });
      await cancelOrder('old');
      await placeOrder('new');
      await cancelOrder('new');

      expect(await relay(await cloud.recorded(outbox.stream))).toEqual({ batchItemFailures: [] });
      const found = notices(await cloud.bodies(queueUrl));
      expect(found.filter(([subject]) => subject === 'new')).toEqual([
        ['new', 1, 'placed'],
        ['new', 2, 'cancelled'],
      ]);
      expect(found.filter(([subject]) => subject === 'old')).toEqual([['old', 1, 'cancelled']]);
      expect(await cloud.items(outbox.name)).toEqual([]);
    },
  );

  it('publishes to a FIFO queue; the sweep publishes the messages that the relay missed', async () => {
    const queue = await cloud.queue('order-events.fifo');
    const { outbox, placeOrder, cancelOrder, sweep } = await shop('queue', queue);
    await placeOrder('A');
    await cancelOrder('A');
    expect(await sweep({}, invocation)).toMatchObject({ published: 2, failedAggregates: 0 });
    expect(notices(await cloud.bodies(queue))).toEqual([
      ['A', 1, 'placed'],
      ['A', 2, 'cancelled'],
    ]);
    expect(await cloud.items(outbox.name)).toEqual([]);
  });

  it('ignores the deletions in a stream without a filter', async () => {
    const { topicArn, queueUrl } = await cloud.topicWithQueue('deleted');
    const { outbox, placeOrder, relay, sweep } = await shop('deleted', topicArn);
    await placeOrder('A');
    await sweep({}, invocation);
    await cloud.bodies(queueUrl);
    const { Records } = await cloud.recorded(outbox.stream);
    const deleted = Records.filter(({ eventName }) => eventName === 'REMOVE');
    expect(deleted).toHaveLength(1);
    expect(await relay({ Records: deleted })).toEqual({ batchItemFailures: [] });
  });

  it('has no message for a failed change, and one message for each successful change', async () => {
    const { orders, outbox, placeOrder, cancelOrder } = await shop('race', 'https://nowhere');
    await placeOrder('A');
    await expect(placeOrder('A')).rejects.toMatchObject({ name: 'TransactionCanceledException' });
    const outcomes = await Promise.allSettled([cancelOrder('A'), cancelOrder('A'), cancelOrder('A')]);
    const made = 1 + outcomes.filter(({ status }) => status === 'fulfilled').length;
    expect(await cloud.items(orders)).toEqual([{ orderId: 'A', state: 'cancelled', version: made }]);
    expect(await cloud.items(outbox.name)).toHaveLength(made);
  });
});

describe('scheduled messages', () => {
  async function shop(name: string) {
    const commands = await cloud.queue(`${name}-commands.fifo`);
    const { topicArn } = await cloud.topicWithQueue(`${name}-events.fifo`);
    const outbox = await cloud.outboxTable(`${name}-outbox`);
    const environment = {
      ORDERS_TABLE: await cloud.table(`${name}-orders`, 'pk'),
      OUTBOX_TABLE: outbox.name,
      LATER_TABLE: await cloud.laterTable(`${name}-later`),
      CHANNELS: JSON.stringify({ 'order-commands': commands, 'order-events': topicArn }),
    };
    const load = async () => ({
      ...(await import('../guides/later/orders.ts')),
      ...(await import('../guides/later/publish.handler.ts')),
    });
    const functions = await cloud.functions(load, environment);
    return {
      ...functions,
      /**
       * Sweeps twice, because there is no stream: the first sweep releases messages, the second publishes them.
       * @returns the subjects of the published commands
       */
      async sent(): Promise<string[]> {
        for (const _ of ['releases', 'publishes']) await functions.sweep({}, invocation);
        return (await cloud.bodies(commands)).map(({ subject }) => String(subject));
      },
    };
  }

  it('are sent when they are due, but not before', async () => {
    const { placeOrder, payOrder, sent } = await shop('unpaid');
    await placeOrder('A');
    await placeOrder('B');
    expect(await payOrder('B')).toBe('paid');
    pass(29);
    expect(await sent()).toEqual([]);
    pass(2);
    expect(await sent()).toEqual(['A']);
    expect(await payOrder('A')).toBe('too late');
  });

  it('are replaced by a message with the same name', async () => {
    const { placeOrder, extendOrder, sent } = await shop('extended');
    await placeOrder('A');
    pass(20);
    await extendOrder('A');
    pass(15);
    expect(await sent()).toEqual([]);
    pass(20);
    expect(await sent()).toEqual(['A']);
  });
});

describe('large messages', () => {
  it('arrive whole, and their data is erased with its aggregate', async () => {
    const { topicArn, queueUrl } = await cloud.topicWithQueue('documents.fifo');
    const bucket = await cloud.bucket('large-messages');
    const environment = {
      ORDERS_TABLE: await cloud.table('document-orders', 'pk'),
      OUTBOX_TABLE: (await cloud.outboxTable('document-outbox')).name,
      CHANNELS: JSON.stringify({ documents: topicArn }),
      LARGE_BUCKET: bucket,
      ARCHIVE_TABLE: await cloud.consumerTable('archive'),
      QUEUE_URL: queueUrl,
      DEAD_LETTERS_URL: await cloud.queue('archive-dlq.fifo'),
    };
    const load = async () => ({
      ...(await import('../guides/large-messages/documents.ts')),
      archive: await import('../guides/large-messages/archive.handler.ts'),
      outbox: await import('../guides/large-messages/publish.handler.ts'),
    });
    const { publishing, archive, outbox } = await cloud.functions(load, environment);
    const { file, remove } = publishing();
    await file('A', Array<string>(30_000).fill('a line of a document'));
    expect(await cloud.keys(bucket)).toEqual([expect.stringMatching(/^messages\/documents\/A\//)]);
    await outbox.sweep({}, invocation);
    expect(await cloud.deliver(queueUrl, archive.consume)).toBe(0);
    expect(await cloud.items(environment.ARCHIVE_TABLE)).toEqual([expect.objectContaining({ lines: 30_000 })]);
    await remove('A');
    await outbox.sweep({}, invocation);
    expect(await cloud.keys(bucket)).toEqual([]);
  });
});

describe('the ordered consumer on an existing queue', () => {
  const at = '2026-11-29T10:00:00Z';

  async function shipping(name: string) {
    const queue = await cloud.queue(`${name}.fifo`);
    const environment = {
      SHIPMENTS_TABLE: await cloud.table(`${name}-shipments`, 'orderNo'),
      CONSUMER_TABLE: await cloud.consumerTable(`${name}-shipping`),
      QUEUE_URL: queue,
      DEAD_LETTERS_URL: await cloud.queue(`${name}-dlq.fifo`),
    };
    const load = () => import('../guides/ordered-consumer-on-your-queue/shipping.handler.ts');
    const { consume, sweep } = await cloud.functions(load, environment);
    const order = (orderNo: string, revision: number, event: string, payload: object = {}) =>
      cloud.send(queue, { eventId: `${orderNo}/${revision}`, event, orderNo, revision, at, payload }, orderNo);
    return {
      table: environment.CONSUMER_TABLE,
      queue,
      placed: (orderNo: string, revision: number, quantity: number) =>
        order(orderNo, revision, 'OrderPlaced', { quantity }),
      cancelled: (orderNo: string, revision: number) => order(orderNo, revision, 'OrderCancelled'),
      deliver: () => cloud.deliver(queue, consume),
      sweep: (request = {}) => sweep(request, invocation),
      shipments: () => cloud.items(environment.SHIPMENTS_TABLE),
    };
  }

  it('applies each foreign message once and in order, to an existing table', async () => {
    const { table, placed, cancelled, deliver, sweep, shipments } = await shipping('shop');
    await placed('A', 1, 3);
    await placed('A', 1, 3);
    await cancelled('A', 3);
    expect(await deliver()).toBe(0);
    expect(await shipments()).toEqual([{ orderNo: 'A', state: 'planned', quantity: 3 }]);
    expect(await parked(table)).toEqual(['A/3 gap']);

    await placed('A', 2, 5);
    await deliver();
    expect(await shipments()).toEqual([{ orderNo: 'A', state: 'planned', quantity: 5 }]);
    await sweep();
    expect(await shipments()).toEqual([{ orderNo: 'A', state: 'stopped', quantity: 5 }]);
    expect(await parked(table)).toEqual([]);
  });

  it('starts an existing order at the first version that it receives', async () => {
    const { placed, deliver, sweep, shipments } = await shipping('late');
    await placed('old', 8, 2);
    await deliver();
    await sweep();
    expect(await shipments()).toEqual([]);
    pass(6);
    await sweep();
    expect(await shipments()).toEqual([{ orderNo: 'old', state: 'planned', quantity: 2 }]);
  });

  it('parks an unreadable message, with the reason', async () => {
    const { table, queue, placed, deliver, shipments } = await shipping('unreadable');
    await cloud.send(queue, 'order A-17', 'B');
    await cloud.send(queue, { eventId: 'e1', event: 'OrderPlaced', revision: 1, at, payload: {} }, 'B');
    await placed('B', 1, 1);
    expect(await deliver()).toBe(0);
    expect((await errorsOf(table)).toSorted()).toEqual([
      'UnreadableMessageError: message does not match the schema of its adapter: orderNo is missing',
      'UnreadableMessageError: message is not JSON',
    ]);
    expect(await shipments()).toHaveLength(1);
  });

  it('applies messages without a version once by id, from a standard queue', async () => {
    const environment = {
      ACCOUNTS_TABLE: await cloud.table('accounts', 'accountNo'),
      CONSUMER_TABLE: await cloud.consumerTable('payments'),
      QUEUE_URL: await cloud.queue('payments'),
      DEAD_LETTERS_URL: await cloud.queue('payments-dlq'),
    };
    const load = () => import('../guides/ordered-consumer-on-your-queue/payments.handler.ts');
    const { consume } = await cloud.functions(load, environment);
    const received = (id: string, cents: number) => ({
      ...{ version: '0', id, source: 'com.example.bank', 'detail-type': 'Payment Received' },
      ...{ account: '000000000000', time: at, region: 'eu-west-1', resources: [] },
      detail: { accountNo: 'C-4', cents },
    });
    for (const message of [received('p1', 100), received('p1', 100), received('p2', 20)])
      await cloud.send(environment.QUEUE_URL, message);
    expect(await cloud.deliver(environment.QUEUE_URL, consume)).toBe(0);
    expect(await cloud.items(environment.ACCOUNTS_TABLE)).toEqual([{ accountNo: 'C-4', cents: 120 }]);
  });
});

describe('parking alone', () => {
  /** A billing service that returns the status in `service.status`, and records the invoices that it creates. */
  async function billing(name: string) {
    const service = { status: 201, made: [] as Array<string | undefined> };
    const server = createServer((request, response) => {
      if (service.status < 400) service.made.push(request.headers['idempotency-key']?.toString());
      response.writeHead(service.status).end();
    });
    const url = await listen(server, 0, 'billing');
    onTestFinished(() => close(server));
    const environment = {
      PARKING_TABLE: await cloud.consumerTable(`${name}-parked`),
      QUEUE_URL: await cloud.queue(name),
      DEAD_LETTERS_URL: await cloud.queue(`${name}-dlq`),
      BILLING_URL: url,
    };
    const load = () => import('../guides/parking-alone/invoices.handler.ts');
    const { consume, sweep } = await cloud.functions(load, environment);
    return {
      service,
      table: environment.PARKING_TABLE,
      job: (jobId: string, queue = environment.QUEUE_URL) =>
        cloud.send(queue, { jobId, customer: 'C-4', createdAt: '2026-11-29T10:00:00Z', cents: 1250 }),
      deadLetters: environment.DEAD_LETTERS_URL,
      queue: environment.QUEUE_URL,
      deliver: () => cloud.deliver(environment.QUEUE_URL, consume),
      sweep: (request = {}) => sweep(request, invocation),
    };
  }

  it('parks a message after one permanent failure; a redrive applies the message', async () => {
    const { service, table, job, deliver, sweep } = await billing('refused');
    service.status = 422;
    await job('j1');
    expect(await deliver()).toBe(0);
    expect(await parked(table)).toEqual(['j1 failed']);
    pass(60);
    service.status = 201;
    await sweep();
    expect(service.made).toEqual([]);
    expect(await sweep({ redrive: ['j1'] })).toMatchObject({ reports: [{ aggregateId: 'j1', applied: 1 }] });
    expect(service.made).toEqual(['j1']);
    expect(await parked(table)).toEqual([]);
  });

  it('returns a message after a temporary failure, parks it at its fifth receive, and retries it in the sweep', async () => {
    const { service, table, job, deliver, sweep } = await billing('down');
    service.status = 503;
    await job('j2');
    for (let receives = 1; receives < 5; receives++) expect(await deliver()).toBe(1);
    expect(await parked(table)).toEqual([]);
    expect(await deliver()).toBe(0);
    expect(await parked(table)).toEqual(['j2 retry']);
    service.status = 201;
    pass(1);
    await sweep();
    expect(service.made).toEqual(['j2']);
    expect(await parked(table)).toEqual([]);
  });

  it('retries dead letters, and skips a message that an operator discards', async () => {
    const { service, table, job, deadLetters, queue, deliver, sweep } = await billing('given-up');
    await job('j3', deadLetters);
    await sweep();
    expect(await parked(table)).toEqual(['j3 retry']);
    pass(5);
    await sweep();
    expect(service.made).toEqual(['j3']);

    service.status = 422;
    await job('j4');
    await cloud.send(queue, { customer: 'C-4', createdAt: 'today', cents: 1 });
    await deliver();
    expect(await errorsOf(table)).toContain(
      'UnreadableMessageError: message does not match the schema of its adapter: jobId is missing',
    );
    const discard = { aggregateId: 'j4', version: 1 };
    expect(await sweep({ discard, because: 'a test' })).toEqual({ discarded: discard });
    expect((await parked(table)).filter((one) => one.startsWith('j4'))).toEqual([]);
  });
});
