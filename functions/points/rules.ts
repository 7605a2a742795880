import { type DynamoDBDocumentClient, GetCommand } from '@aws-sdk/lib-dynamodb';

const MAX_AGE_MS = 60_000;

export interface RulesOptions {
  client: DynamoDBDocumentClient;
  tableName: string;
  defaultBonus: number;
  now: () => Date;
}

/**
 * The registration bonus: the `points` of the rule `registration` (pk `rules`) in the table, else the default. Read
 * once a minute at most, so a change takes up to a minute.
 */
export function createRules({ client, tableName, defaultBonus, now }: RulesOptions) {
  let known: { points: number; readAt: number } | undefined;
  return {
    async registrationBonus(): Promise<number> {
      const at = now().getTime();
      if (known && at - known.readAt < MAX_AGE_MS) return known.points;
      const { Item } = await client.send(
        new GetCommand({ TableName: tableName, Key: { pk: 'rules', sk: 'registration' } }),
      );
      known = { points: typeof Item?.points === 'number' ? Item.points : defaultBonus, readAt: at };
      return known.points;
    },
  };
}
