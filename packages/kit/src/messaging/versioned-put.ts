import type { TransactItem } from './outbox.ts';

/**
 * Puts a state, on condition that the one that was read is still there.
 * @param before the version of that one; 0: there was none
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
