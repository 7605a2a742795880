import { type DynamoDBDocumentClient, GetCommand } from '@aws-sdk/lib-dynamodb';
import { createPublisher } from '@rollcall/kit/messaging';
import { orderEvents } from '../../shared/contracts.ts';
import type { Order } from './order.ts';

/** Of what is known of an order's payment: beside the order, which is written as a whole. */
export const paymentKey = (orderId: string) => ({ pk: `payment#${orderId}` });

export function createOrders(options: { client: DynamoDBDocumentClient; ORDERS_TABLE: string; OUTBOX_TABLE: string }) {
  const { client, ORDERS_TABLE: table, OUTBOX_TABLE: outboxTable } = options;
  return {
    orders: createPublisher<Order, typeof orderEvents>(orderEvents, { client, table, outboxTable }),
    async paymentOf(orderId: string): Promise<string> {
      const { Item } = await client.send(new GetCommand({ TableName: table, Key: paymentKey(orderId) }));
      return Item?.outcome ?? 'pending';
    },
  };
}
