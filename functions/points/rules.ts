import { type DynamoDBDocumentClient, GetCommand } from '@aws-sdk/lib-dynamodb';
import type { RegistrationBonus } from '../../shared/config/registration-bonus.ts';

const MAX_AGE_MS = 60_000;

export interface RulesOptions {
  client: DynamoDBDocumentClient;
  tableName: string;
  /** Used if there is no rule. */
  defaults: RegistrationBonus;
  now: () => Date;
}

/**
 * The registration bonus: `points` and `oncePerPhone` of the rule `registration` (pk `rules`) in the table, otherwise
 * the defaults. Cached for a minute, so a change takes up to a minute.
 */
export function createRules({ client, tableName, defaults, now }: RulesOptions) {
  let known: { bonus: RegistrationBonus; readAt: number } | undefined;
  return {
    async registrationBonus(): Promise<RegistrationBonus> {
      const at = now().getTime();
      if (known && at - known.readAt < MAX_AGE_MS) return known.bonus;
      const { Item = {} } = await client.send(
        new GetCommand({ TableName: tableName, Key: { pk: 'rules', sk: 'registration' } }),
      );
      const bonus = {
        points: typeof Item.points === 'number' ? Item.points : defaults.points,
        oncePerPhone: typeof Item.oncePerPhone === 'boolean' ? Item.oncePerPhone : defaults.oncePerPhone,
      };
      known = { bonus, readAt: at };
      return bonus;
    },
  };
}
