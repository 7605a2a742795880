import { TransactWriteCommand } from '@aws-sdk/lib-dynamodb';
import { expect, it } from 'vitest';
import { ownTables } from '../support/own-tables.ts';

it.each(Object.entries(ownTables))(
  'two operations on one item in a transaction are refused by %s, with any conditions',
  async (_, start) => {
    const { client, items, stop } = await start();
    try {
      const put = (pk: string, more: object = {}) => ({ Put: { TableName: 'orders', Item: { pk }, ...more } });
      const check = (pk: string) => ({
        ConditionCheck: { TableName: 'orders', Key: { pk }, ConditionExpression: 'attribute_exists(pk)' },
      });
      await expect(
        client.send(new TransactWriteCommand({ TransactItems: [put('a'), check('b'), check('a')] })),
      ).rejects.toMatchObject({
        name: 'ValidationException',
        message: 'Transaction request cannot include multiple operations on one item',
      });
      expect(await items('orders')).toEqual([]);
      await client.send(new TransactWriteCommand({ TransactItems: [put('a'), put('b')] }));
      expect(await items('orders')).toHaveLength(2);
    } finally {
      await stop();
    }
  },
);
