import { GetCommand } from '@aws-sdk/lib-dynamodb';
import type { HandlerContext, Handlers } from '@rollcall/kit/messaging';
import { type approvalReplies, released, reserved } from '../../shared/contracts.ts';
import type { stockConsumer } from './commands.consumer.ts';

/** Initial quantity of each item. */
const STOCK = 1_000;

/** Reserves items for orders. A reservation and the reserved quantity of its item change in one transaction. */
export function stockHandlers({
  client,
  tableName,
  correspondence,
  now,
}: HandlerContext<typeof approvalReplies>): Handlers<(typeof stockConsumer.reads)[number]> {
  const levelOf = (item: string) => ({ pk: `item#${item}`, sk: 'level' });

  async function reservedOf(item: string): Promise<number> {
    const level = { TableName: tableName, Key: levelOf(item), ConsistentRead: true };
    return (await client.send(new GetCommand(level))).Item?.taken ?? 0;
  }

  /** The write fails if the reserved quantity has changed since it was read. The message is then redelivered. */
  const levelUpdate = (item: string, before: number, change: number) => ({
    Update: {
      TableName: tableName,
      Key: levelOf(item),
      UpdateExpression: 'SET taken = :taken',
      ConditionExpression: before === 0 ? 'attribute_not_exists(taken) OR taken = :before' : 'taken = :before',
      ExpressionAttributeValues: { ':taken': before + change, ':before': before },
    },
  });

  return {
    async 'shop.stock.reserve.v1'(message) {
      const { orderId, item, quantity } = message.data;
      const before = await reservedOf(item);
      const outcome = before + quantity <= STOCK ? 'reserved' : 'sold-out';
      return {
        set: { item, quantity, outcome },
        writes: outcome === 'reserved' ? [levelUpdate(item, before, quantity)] : [],
        send: correspondence.reply(message, reserved, { orderId, outcome }, now().toISOString()),
      };
    },

    async 'shop.stock.release.v1'(message, { state }) {
      const { item, quantity, outcome } = await state();
      const { orderId } = message.data;
      const isReserved = outcome === 'reserved';
      return {
        set: { outcome: 'released' },
        writes: isReserved ? [levelUpdate(String(item), await reservedOf(String(item)), -Number(quantity))] : [],
        send: correspondence.reply(message, released, { orderId }, now().toISOString()),
      };
    },
  };
}
