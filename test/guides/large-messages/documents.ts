import { randomUUID } from 'node:crypto';
import { createDynamoDB } from '@rollcall/kit/aws';
import { defineConsumer, event, topic } from '@rollcall/kit/contracts';
import { createClaimCheck, createPublisher, draft } from '@rollcall/kit/messaging';
import * as z from 'zod';

const filedData = z.object({ orderId: z.string(), lines: z.array(z.string()) });
const filed = event('shop.document.filed.v1', filedData, { subjectField: 'orderId' });
const removedData = z.object({ orderId: z.string() });
const removed = event('shop.document.removed.v1', removedData, { subjectField: 'orderId', erases: true });

export const documents = topic('documents', { from: '/shop/orders', large: true, messages: [filed, removed] });
export const archive = defineConsumer('archive', { of: documents });

/** For functions of the publisher, whose environment contains LARGE_BUCKET. */
export function publishing() {
  const { ORDERS_TABLE: table = '', OUTBOX_TABLE: outboxTable = '' } = process.env;
  const places = { client: createDynamoDB(), table, outboxTable, claimCheck: createClaimCheck() };
  const orders = createPublisher<{ version: number }, typeof documents>(documents, places);
  const context = () => ({ now: new Date(), newId: randomUUID });
  return {
    file: (orderId: string, lines: string[]) =>
      orders.create(orderId, { state: {}, events: [draft(filed, { orderId, lines })] }, context()),
    remove: (orderId: string) =>
      orders.change(orderId, () => ({ state: {}, events: [draft(removed, { orderId })] as const }), context()),
  };
}
