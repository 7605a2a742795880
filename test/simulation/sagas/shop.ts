import { defineConsumer } from '@rollcall/kit/internal/contracts/consumer';
import type { MessageContract } from '@rollcall/kit/internal/contracts/contract';
import { command, queue } from '@rollcall/kit/internal/contracts/descriptors';
import type { HandlerContext } from '@rollcall/kit/internal/messaging/consumer-functions';
import type { Handlers } from '@rollcall/kit/internal/messaging/handlers';
import { createLater } from '@rollcall/kit/internal/messaging/later/waiting';
import type { Message } from '@rollcall/kit/internal/messaging/message';
import { createOutboxWriter } from '@rollcall/kit/internal/messaging/outbox-writer';
import { createProcess } from '@rollcall/kit/internal/messaging/process';
import { approvalWithin, data, parcels, payments, REPLIES, replies, stock, WITHIN } from '../../support/approval.ts';

export const PROCESSES = 'processes';

export const place = command('shop.order.place.v1', data, { subjectField: 'orderId' });
const orders = queue('orders', { from: '/shop/shop', messages: [place] });

export type Kind = keyof typeof REPLIES;

/**
 * The time limit of `reserve` is short. The deadline message of `reserve` therefore often arrives when the process
 * already waits for `charge`, and before the deadline of `charge`.
 */
const approval = approvalWithin({ ...WITHIN, reserve: 120 });

/** Returns how often a command is refused before it succeeds. An order ID such as `1 charge=1 release=2` states this. */
export const refusalsOf = (orderId: string, kind: Kind): number =>
  Number(new RegExp(`${kind}=(\\d)`).exec(orderId)?.[1] ?? 0);

function processOf({ client, now, newId }: HandlerContext) {
  const later = createLater({ client, laterTable: 'later' });
  const places = { client, table: PROCESSES, outboxTable: 'outbox', later, source: '/shop/orders' };
  /** Returns the write that records the state in which a process ended, and counts how often it ended. */
  const ends =
    (state: string) =>
    async ({ id }: { id: string }) => [
      {
        Update: {
          TableName: PROCESSES,
          Key: { pk: `order#${id}` },
          UpdateExpression: 'SET ended = :state ADD ends :one',
          ExpressionAttributeValues: { ':state': state, ':one': 1 },
        },
      },
    ];
  const process = createProcess(approval, {
    ...{ ...places, now, newId },
    on: { completed: ends('completed'), failed: ends('failed') },
  });
  return { process, writer: createOutboxWriter({ ...places, countersTable: PROCESSES }) };
}

const orderConsumer = defineConsumer('orders', { source: '/shop/orders', of: orders });
const orderHandlers = (context: HandlerContext): Handlers<typeof place> => ({
  async 'shop.order.place.v1'({ data: { orderId } }) {
    const { process, writer } = processOf(context);
    const at = { now: context.now(), newId: context.newId };
    const { send, beside } = process.start(orderId, { orderId, cents: 500 }, at);
    return { writes: [...Object.values(beside), ...(await writer.writes(send, at))] };
  },
});

const replyConsumer = defineConsumer('orders-replies', { source: '/shop/orders', of: replies, idempotent: true });

/** Creates a handler that executes or refuses a command, and counts the attempts and the executions. */
const executionOf = (kind: Kind, { correspondence, now }: HandlerContext) => ({
  async handle(message: Message, { state }: { state: () => Promise<Readonly<Record<string, unknown>>> }) {
    const before = await state();
    const tried = Number(before[`${kind}Tried`] ?? 0);
    const isOk = tried >= refusalsOf(message.subject, kind);
    const answer = { orderId: message.subject, outcome: isOk ? 'ok' : 'no' } as const;
    return {
      set: { [`${kind}Tried`]: tried + 1, ...(isOk && { [kind]: Number(before[kind] ?? 0) + 1 }) },
      send: correspondence.reply(message, REPLIES[kind], answer, now().toISOString()),
    };
  },
});

const service = (channel: typeof stock | typeof payments | typeof parcels) => ({
  descriptor: defineConsumer(channel.name, {
    source: `/shop/${channel.name}`,
    of: channel,
    reads: channel.messages as readonly MessageContract[],
    sends: [replies],
  }),
  handlers: (context: HandlerContext) =>
    Object.fromEntries(
      channel.messages.map(({ type }) => [type, executionOf(type.split('.').at(-2) as Kind, context).handle]),
    ) as Handlers<MessageContract>,
});

export const consumers = [
  { descriptor: orderConsumer, handlers: orderHandlers },
  {
    descriptor: replyConsumer,
    handlers: (context: HandlerContext) => processOf(context).process.handlers(replyConsumer),
  },
  ...[stock, payments, parcels].map(service),
];
