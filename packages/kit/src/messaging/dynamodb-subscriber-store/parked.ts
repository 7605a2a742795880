import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import { DeleteCommand, PutCommand, paginateScan } from '@aws-sdk/lib-dynamodb';
import { keyUnder, PARKED, PARKED_AGGREGATE, PARKED_INDEX } from '../../contracts/subscriber-table.ts';
import type { ParkedMessage, SubscriberStore } from '../subscriber-store.ts';
import { itemsUnder, type SubscriberTable } from './table.ts';

const itemOf = ({ aggregateId, ...rest }: ParkedMessage) => ({
  ...keyUnder(PARKED, { aggregateId, ...rest }),
  [PARKED_AGGREGATE]: aggregateId,
  ...rest,
});

/** Converts an item of the table or of its index into a parked message. */
export const parkedMessageOf = ({ pk, sk: _, [PARKED_AGGREGATE]: __, ...rest }: Record<string, unknown>) =>
  ({ aggregateId: pk, ...rest }) as ParkedMessage;

/** Creates the operations on parked messages. */
export function createParked(table: SubscriberTable): Pick<SubscriberStore, 'park' | 'unpark' | 'parkedOf' | 'parked'> {
  const { client, tableName } = table;
  return {
    async park(message, only) {
      // Do not restore a body that was erased in the meantime.
      const isUnerased = only === 'known' && message.body !== '';
      try {
        await client.send(
          new PutCommand({
            TableName: tableName,
            Item: itemOf(message),
            ...(only === 'new' && { ConditionExpression: 'attribute_not_exists(pk)' }),
            ...(only === 'known' && {
              ConditionExpression: `attribute_exists(pk)${isUnerased ? ' AND body = :body' : ''}`,
            }),
            ...(isUnerased && { ExpressionAttributeValues: { ':body': message.body } }),
          }),
        );
      } catch (error) {
        if (!(error instanceof ConditionalCheckFailedException)) throw error;
      }
    },

    async unpark(key) {
      await client.send(new DeleteCommand({ TableName: tableName, Key: keyUnder(PARKED, key) }));
    },

    async parkedOf(aggregateId) {
      const parked: ParkedMessage[] = [];
      for await (const { Items = [] } of itemsUnder(table, aggregateId, PARKED))
        parked.push(...Items.map(parkedMessageOf));
      return parked;
    },

    async *parked(segment, segments) {
      const pages = paginateScan(
        { client },
        { TableName: tableName, IndexName: PARKED_INDEX, Segment: segment, TotalSegments: segments },
      );
      for await (const { Items = [] } of pages) yield Items.map(parkedMessageOf);
    },
  };
}
