import { defineConsumer, event, topic } from '@rollcall/kit/contracts';
import { randomOf } from '@rollcall/kit/internal/testing/simulation/random';
import { runSchedule } from '@rollcall/kit/internal/testing/simulation/schedule';
import { PermanentError } from '@rollcall/kit/messaging';
import type { SimulatedContext, SimulatedState } from '@rollcall/kit/testing';
import * as z from 'zod';
import { type RunOne, type Step, stepOf } from './trace.ts';

const data = z.object({ orderId: z.string() });
const created = event('shop.order.created.v1', data, { subjectField: 'orderId' });
const paid = event('shop.order.paid.v1', data, { subjectField: 'orderId' });
const sent = event('shop.order.sent.v1', data, { subjectField: 'orderId' });
const orderEvents = topic('order-events', { from: '/shop/orders', messages: [created, paid, sent] });
const stock = defineConsumer('stock', {
  source: '/shop/stock',
  of: orderEvents,
  reads: [created, paid, sent],
  cursorKey: 'stock',
});

/** One order, and a service that consumes its messages. */
export interface Shop {
  /** Number of messages of the order. */
  messages: 1 | 2 | 3;
  /** For how many minutes after the start the second message fails permanently. Default: it never fails. */
  brokenForMinutes?: number;
  /** Whether the service calls a provider when it handles the first message. */
  calls?: boolean;
}

const ORDER = 'order';
const BEGIN = Date.parse('2026-11-21T10:00:00Z');
/** The number of decisions is low, because short schedules are easier to understand. */
const MIN_DECISIONS = 15;
const MORE_DECISIONS = 90;

function handlersOf({ brokenForMinutes = 0, calls }: Shop, { callService }: SimulatedContext) {
  const repairedAt = BEGIN + brokenForMinutes * 60_000;
  return {
    'shop.order.created.v1': (message: { id: string }) =>
      calls
        ? { call: async () => ({ set: { sent: await callService('provider', `key ${message.id}`, () => true) } }) }
        : { set: { state: 'planned' } },
    'shop.order.paid.v1': () => {
      if (Date.now() < repairedAt) throw new PermanentError('the price is unknown');
      return { set: { state: 'paid' } };
    },
    'shop.order.sent.v1': () => ({ set: { state: 'sent' } }),
  };
}

const listed = (values: readonly unknown[]): string => (values.length > 0 ? values.join(', ') : 'none');

/** Returns the board of a step, which summarizes the contents of the tables and the calls to the provider. */
function boardOf(state: SimulatedState, { calls }: Shop): Record<string, string> {
  const { version = 0 } = state.applied('stock').at(-1) ?? {};
  const keys = state.calls.map(({ request }) => request);
  return {
    'Rows in the outbox': listed(state.items('outbox').map((row) => `v${row.version}`)),
    'Cursor of the consumer': version === 0 ? 'none' : `v${version}`,
    Parked: listed(state.parked('stock').map((one) => `v${one.version} (${one.reason})`)),
    ...(calls && {
      'Calls that took effect': String(keys.length),
      'Different idempotency keys': String(new Set(keys).size),
    }),
  };
}

/** Returns a function that runs the kit's outbox, relay, consumer and parking with the schedule's seed. */
export const shopSchedules =
  (shop: Shop): RunOne =>
  async (schedule) => {
    const random = randomOf(schedule);
    const decisions = Array.from({ length: MIN_DECISIONS + Math.floor(random() * MORE_DECISIONS) }, () =>
      Math.floor(random() * 10_000),
    );
    const steps: Step[] = [];
    const model = {
      consumers: [{ descriptor: stock, handlers: (context: SimulatedContext) => handlersOf(shop, context) }],
      publish: () =>
        [created, paid, sent]
          .slice(0, shop.messages)
          .map((contract) => ({ contract, subject: ORDER, data: { orderId: ORDER } })),
      invariant: () => undefined,
      always: (state: SimulatedState) => {
        // A write is traced before it is executed. The board of its step is set here, after the write.
        const last = steps.at(-1);
        if (last) last.board = boardOf(state, shop);
        return undefined;
      },
    };
    const nothing = { 'Rows in the outbox': 'none', 'Cursor of the consumer': 'none', Parked: 'none' };
    const { violation } = await runSchedule(model as never, { publish: [], steps: decisions }, (line) =>
      steps.push(stepOf(line, steps.at(-1)?.board ?? nothing)),
    );
    if (violation !== undefined) throw new Error(`schedule ${schedule}: ${violation}`);
    return steps;
  };
