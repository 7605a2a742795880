import { randomUUID } from 'node:crypto';
import { GetCommand } from '@aws-sdk/lib-dynamodb';
import { createDynamoDB, transact } from '@rollcall/kit/aws';
import type { MessageContract } from '@rollcall/kit/contracts';
import { outboxItem } from '@rollcall/kit/messaging';
import * as z from 'zod';

const { ORDERS_TABLE = '', OUTBOX_TABLE = '' } = process.env;
const client = createDynamoDB();

export const orderChanged = {
  type: 'shop.order.changed.v1',
  kind: 'event',
  subjectField: 'orderId',
  data: z.object({ orderId: z.string(), state: z.enum(['placed', 'cancelled']) }),
} as const satisfies MessageContract;

type State = z.infer<typeof orderChanged.data>['state'];

/** Creates the message about a change, as an item of the transaction that makes the change. */
const messageAbout = (orderId: string, version: number, state: State) =>
  outboxItem(OUTBOX_TABLE, 'order-events', orderChanged, {
    id: randomUUID(),
    source: '/shop/orders',
    subject: orderId,
    version,
    time: new Date(),
    data: { orderId, state },
  });

export async function placeOrder(orderId: string): Promise<void> {
  const order = { orderId, state: 'placed', version: 1 };
  await transact(client, [
    { Put: { TableName: ORDERS_TABLE, Item: order, ConditionExpression: 'attribute_not_exists(orderId)' } },
    messageAbout(orderId, 1, 'placed'),
  ]);
}

/** @throws {TransactionCanceledException} if another request changed the order at the same time. Then try again. */
export async function cancelOrder(orderId: string): Promise<void> {
  const { Item: order } = await client.send(
    new GetCommand({ TableName: ORDERS_TABLE, Key: { orderId }, ConsistentRead: true }),
  );
  if (!order) throw new Error(`there is no order ${orderId}`);
  // An order that is older than the outbox has no version yet.
  const { version: before } = order;
  const version = (before ?? 0) + 1;
  const isAsRead = before === undefined ? 'attribute_not_exists(#version)' : '#version = :before';
  await transact(client, [
    {
      Update: {
        TableName: ORDERS_TABLE,
        Key: { orderId },
        UpdateExpression: 'SET #state = :state, #version = :version',
        ConditionExpression: `attribute_exists(orderId) AND ${isAsRead}`,
        ExpressionAttributeNames: { '#state': 'state', '#version': 'version' },
        ExpressionAttributeValues: {
          ':state': 'cancelled',
          ':version': version,
          ...(before !== undefined && { ':before': before }),
        },
      },
    },
    messageAbout(orderId, version, 'cancelled'),
  ]);
}
