import { createDynamoDB, readEnvironment, text } from '@rollcall/kit/aws';
import { createLater, createPublisher, draft, draftTo } from '@rollcall/kit/messaging';
import { v7 as newId } from 'uuid';
import * as z from 'zod';
import { cancel, labels, orderCommands, orderEvents, placed, print, reminded } from '../shared/contracts.ts';

const { ORDERS_TABLE: table, ...tables } = readEnvironment(
  z.object({ ORDERS_TABLE: text, OUTBOX_TABLE: text, LATER_TABLE: text }),
);
const client = createDynamoDB();
const later = createLater({ client, laterTable: tables.LATER_TABLE });
const orders = createPublisher<{ version: number }, typeof orderEvents>(orderEvents, {
  ...{ client, table, outboxTable: tables.OUTBOX_TABLE, later },
});

/** Places an order, and schedules a message on each channel. */
export async function place({ orderId, after }: { orderId: string; after: number }): Promise<void> {
  const when = { after };
  const events = [draft(placed, { orderId }), draft(reminded, { orderId }, { ...when, name: 'reminder' })] as const;
  const send = [
    draftTo(orderCommands, cancel, { orderId }, { ...when, name: 'deadline' }),
    draftTo(labels, print, { orderId }, { ...when, name: 'label' }),
  ];
  await orders.create(orderId, { state: {}, events, send }, { now: new Date(), newId });
}

export const withdraw = ({ orderId, name }: { orderId: string; name: string }) =>
  later.cancel({ subject: orderId, name });
