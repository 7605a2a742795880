import { type DynamoDBDocumentClient, GetCommand } from '@aws-sdk/lib-dynamodb';
import type { RegistrationBonus } from '../../shared/config/registration-bonus.ts';

const MAX_AGE_MS = 60_000;

export interface RulesOptions {
  client: DynamoDBDocumentClient;
  tableName: string;
  /** The values of attributes that are not in the table. */
  defaults: RegistrationBonus;
  now: () => Date;
}

/**
 * Reads the registration bonus: the attributes `points` and `oncePerPhone` of the item with pk `rules` and sk
 * `registration`, or the defaults. The bonus is cached, so a change takes effect within a minute.
 */
export function createRules({ client, tableName, defaults, now }: RulesOptions) {
  let cached: { bonus: RegistrationBonus; readAt: number } | undefined;
  return {
    async registrationBonus(): Promise<RegistrationBonus> {
      const at = now().getTime();
      if (cached && at - cached.readAt < MAX_AGE_MS) return cached.bonus;
      const { Item = {} } = await client.send(
        new GetCommand({ TableName: tableName, Key: { pk: 'rules', sk: 'registration' } }),
      );
      const bonus = {
        points: typeof Item.points === 'number' ? Item.points : defaults.points,
        oncePerPhone: typeof Item.oncePerPhone === 'boolean' ? Item.oncePerPhone : defaults.oncePerPhone,
      };
      cached = { bonus, readAt: at };
      return bonus;
    },
  };
}
