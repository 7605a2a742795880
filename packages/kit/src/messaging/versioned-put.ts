import type { TransactItem } from './outbox.ts';

/**
 * The put of a state with an optimistic lock: the put fails unless the stored version is the version that was read.
 * @param before the version that was read; 0 if the item did not exist
 */
export const versionedPut = (
  TableName: string,
  key: Record<string, string>,
  state: object,
  before: number,
): NonNullable<TransactItem['Put']> => ({
  ...{ TableName, Item: { ...key, ...state } },
  ...(before === 0
    ? {
        ConditionExpression: 'attribute_not_exists(#key)',
        ExpressionAttributeNames: { '#key': Object.keys(key)[0] ?? '' },
      }
    : {
        ConditionExpression: '#version = :before',
        ExpressionAttributeNames: { '#version': 'version' },
        ExpressionAttributeValues: { ':before': before },
      }),
});
