import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { text } from '@rollcall/kit/aws';
import { createClaimCheck, createLater, createProcess, createPublisher } from '@rollcall/kit/messaging';
import { v7 as newId } from 'uuid';
import * as z from 'zod';
import { orderEvents } from '../../shared/contracts.ts';
import { approval } from './approval.process.ts';
import { approve, cancel, type Order } from './order.ts';

export const tablesOfOrders = z.object({ ORDERS_TABLE: text, OUTBOX_TABLE: text, LATER_TABLE: text });

/**
 * Stores orders and their approval processes. The transaction that ends a process also approves or cancels the order,
 * unless the order is already cancelled.
 */
export function createOrders(options: { client: DynamoDBDocumentClient } & z.output<typeof tablesOfOrders>) {
  const { client, ORDERS_TABLE: table, OUTBOX_TABLE: outboxTable, LATER_TABLE: laterTable } = options;
  const later = createLater({ client, laterTable });
  const places = { client, table, outboxTable, later, claimCheck: createClaimCheck() };
  const orders = createPublisher<Order, typeof orderEvents>(orderEvents, places);
  const approvals = createProcess(approval, {
    ...{ ...places, source: '/shop/orders', newId },
    on: {
      completed: ({ id }, context) => orders.changing(id, (order) => approve(id, order), context),
      failed: ({ id, because = '' }, context) => orders.changing(id, (order) => cancel(id, order, because), context),
    },
  });
  return { orders, approvals };
}
