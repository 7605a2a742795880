import { DeleteCommand } from '@aws-sdk/lib-dynamodb';
import { command, document, queue } from '@rollcall/kit/internal/contracts/descriptors';
import { defineProcess, processDeadline } from '@rollcall/kit/internal/contracts/process';
import { createSubscriberStore } from '@rollcall/kit/internal/messaging/dynamodb-subscriber-store';
import { createRelease } from '@rollcall/kit/internal/messaging/later/release';
import { createLater } from '@rollcall/kit/internal/messaging/later/waiting';
import { createMessage, type Envelope, readEnvelope, readMessage } from '@rollcall/kit/internal/messaging/message';
import { createOutboxWriter } from '@rollcall/kit/internal/messaging/outbox-writer';
import { createProcess } from '@rollcall/kit/internal/messaging/process';
import { createSubscriber } from '@rollcall/kit/internal/messaging/subscriber';
import * as z from 'zod';
import { TIME } from './builders.ts';
import type { OwnTables } from './own-tables.ts';

export const data = z.object({ orderId: z.string() });
const answer = z.object({ orderId: z.string(), outcome: z.enum(['ok', 'no']), place: z.string().optional() });
const about = { subjectField: 'orderId' } as const;
const reserve = command('shop.stock.reserve.v1', data, about);
const release = command('shop.stock.release.v1', data.extend({ place: z.string() }), about);
const charge = command('shop.payment.charge.v1', data.extend({ cents: z.int() }), about);
const refund = command('shop.payment.refund.v1', data, about);
const confirm = command('shop.parcel.confirm.v1', data, about);
const reserved = document('shop.stock.reserved.v1', answer, about);
const released = document('shop.stock.released.v1', answer, about);
const charged = document('shop.payment.charged.v1', answer, about);
const refunded = document('shop.payment.refunded.v1', answer, about);
const confirmed = document('shop.parcel.confirmed.v1', answer, about);
const deadline = processDeadline('shop.approval.deadline.v1');

const from = '/shop/orders';
export const stock = queue('stock', { from, messages: [reserve, release] });
export const payments = queue('payments', { from, messages: [charge, refund] });
export const parcels = queue('parcels', { from, messages: [confirm] });
export const replies = queue('orders-replies', {
  from: [from, '/shop/stock', '/shop/payments', '/shop/parcels'],
  sendersOf: { [deadline.type]: [from] },
  messages: [reserved, released, charged, refunded, confirmed, deadline],
  ordered: false,
});

/**
 * The time limit of each step, in seconds. `confirm` has the longest limit, so the deadline message of an earlier step
 * arrives before the deadline of `confirm`.
 */
export const WITHIN = { reserve: 600, charge: 300, confirm: 3_600, release: 120, refund: 120 };

const ok = ({ outcome }: z.output<typeof answer>) => outcome === 'ok';

/** @param within the time limit of each step, in seconds */
export const approvalWithin = (within: typeof WITHIN) =>
  defineProcess(
    'approval',
    {
      data: z.object({ orderId: z.string(), cents: z.int(), place: z.string().optional() }),
      replies,
      deadline,
    },
    (step) => [
      step('reserve', {
        ...{ send: [stock, reserve], reply: reserved, ok, within: within.reserve },
        by: ({ orderId }) => ({ orderId }),
        keep: ({ place }) => ({ place }),
        compensate: {
          ...{ send: [stock, release], reply: released, ok, within: within.release },
          by: ({ orderId, place = 'unknown' }) => ({ orderId, place }),
        },
      }),
      step('charge', {
        ...{ send: [payments, charge], reply: charged, ok, within: within.charge, pivot: true },
        by: ({ orderId, cents }) => ({ orderId, cents }),
        compensate: {
          ...{ send: [payments, refund], reply: refunded, ok, within: within.refund },
          by: ({ orderId }) => ({ orderId }),
        },
      }),
      step('confirm', {
        ...{ send: [parcels, confirm], reply: confirmed, ok, within: within.confirm },
        by: ({ orderId }) => ({ orderId }),
      }),
    ],
  );

export const approval = approvalWithin(WITHIN);

export const REPLIES = { reserve: reserved, release: released, charge: charged, refund: refunded, confirm: confirmed };
const contracts = [reserve, release, charge, refund, confirm, deadline];

const TRACE = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

/** The number of IDs created in all worlds. Worlds share tables, so their IDs must differ. */
let ids = 0;

/**
 * Creates the process that approves orders. A test reads the messages that the process sends, replies to them, or
 * advances the time.
 */
export function approvalWorld({ client, items }: OwnTables) {
  const tables = { client, outboxTable: 'outbox', laterTable: 'later' };
  const later = createLater(tables);
  const places = { client, table: 'orders', outboxTable: 'outbox', later, source: from };
  const newId = () => `id-${String(++ids).padStart(6, '0')}`;
  let seconds = 0;
  const now = () => new Date(TIME.getTime() + seconds * 1_000);
  const ended: string[] = [];
  /** The erased subjects. */
  const erased = new Set<string>();
  const endsAs =
    (state: string) =>
    async ({ id }: { id: string }) => {
      ended.push(`${id} ${state}`);
      return [{ Put: { TableName: 'orders', Item: { pk: `order#${id}`, state } } }];
    };
  const process = createProcess(approval, {
    ...{ ...places, now, newId },
    isErased: async (subject) => erased.has(subject),
    attributes: ({ place }) => ({ ...(place !== undefined ? { byPlace: place } : { isUnplaced: true }) }),
    on: { completed: endsAs('approved'), failed: endsAs('rejected') },
  });
  const consumer = { of: replies, idempotent: true };
  const store = createSubscriberStore({ client, tableName: 'replies', cursorKey: 'cursor' });
  const subscriber = createSubscriber({
    ...{ store, queueName: replies.name, joinsLate: false, contracts: replies.messages, channel: replies },
    ...{ handlers: process.handlers(consumer), idempotent: true, now, newId, random: () => 0 },
  });
  const writer = createOutboxWriter({ ...places, countersTable: 'orders' });
  const { release: releaseLater } = createRelease(tables);

  const deliver = (envelope: object, receives = 1) =>
    subscriber.apply({ body: JSON.stringify(envelope), receives, queueMessageId: 'q' });

  /** Removes all messages from the outbox, and returns them in the order of their ids. */
  async function drainOutbox(): Promise<Envelope[]> {
    const rows = await items('outbox');
    const found: Envelope[] = [];
    for (const { aggregateId, version, messages } of rows) {
      await client.send(new DeleteCommand({ TableName: 'outbox', Key: { aggregateId, version } }));
      for (const { body } of messages as Array<{ body: string }>) found.push(readEnvelope(body));
    }
    return found.sort((a, b) => (a.id < b.id ? -1 : 1));
  }

  /** Delivers the deadline messages in the outbox to the process, and returns the commands in the outbox. */
  async function sent(): Promise<Envelope[]> {
    const messages = await drainOutbox();
    const own = messages.filter(({ type }) => type === deadline.type);
    for (const message of own) await deliver(message);
    const commands = messages.filter(({ type }) => type !== deadline.type);
    return own.length > 0 ? [...commands, ...(await sent())] : commands;
  }

  /**
   * Advances the time, releases the scheduled messages that are due, and returns the commands that were sent.
   * @param more seconds
   */
  async function pass(more: number): Promise<Envelope[]> {
    seconds += more;
    const due = (await items('later')).filter((waiting) => String(waiting.due) <= now().toISOString());
    for (const { subject, name } of due) await releaseLater({ subject: String(subject), name: String(name) }, now());
    return sent();
  }

  return {
    ...{ process, ended, erased, subscriber, writer, now, deliver, drainOutbox, sent, pass, items },
    context: () => ({ now: now(), newId, traceparent: TRACE }),
    parkedOf: (message: { id: string }) => store.parkedOf(message.id),
    read: (message: Envelope) => readMessage(message, contracts),

    /** Removes the messages of earlier tests. */
    async clear() {
      await drainOutbox();
      for (const { subject, name } of await items('later'))
        await client.send(new DeleteCommand({ TableName: 'later', Key: { subject, name } }));
    },

    async start(orderId: string) {
      const context = { now: now(), newId, traceparent: TRACE };
      const { send, beside } = process.start(orderId, { orderId, cents: 500 }, context);
      const put = { TableName: 'orders', Item: { pk: `order#${orderId}`, state: 'placed' } };
      return writer.commit({ put, beside, send }, context);
    },

    /** Creates the reply to a command. */
    replyTo: (command: Envelope, outcome: 'ok' | 'no' = 'ok', more: object = {}) => {
      const name = command.type.split('.').at(-2) as keyof typeof REPLIES;
      return createMessage(REPLIES[name], {
        ...{
          id: newId(),
          source: `/shop/${command.type.split('.')[1]?.replace('payment', 'payments').replace('parcel', 'parcels')}`,
        },
        ...{ subject: command.subject, time: now(), causationId: command.id },
        ...(command.correlationid !== undefined && { correlationId: command.correlationid }),
        ...(command.traceparent !== undefined && { traceparent: command.traceparent }),
        data: { orderId: command.subject, outcome, ...(name === 'reserve' && { place: 'A1' }) },
        ...more,
      });
    },
  };
}
