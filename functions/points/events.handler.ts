import * as z from 'zod';
import { count, readEnvironment } from '../../shared/config/environment.ts';
import { memberEvents } from '../../shared/contracts/channels.ts';
import { subscriberFunctions } from '../../shared/messaging/subscriber-functions.ts';
import { ACCOUNT, accountHandlers, contracts } from './account.ts';
import { createRules } from './rules.ts';

const { DEFAULT_BONUS } = readEnvironment(z.object({ DEFAULT_BONUS: count }));

export const { consume, sweep, deadLetters } = subscriberFunctions({
  service: 'points',
  capability: 'points',
  channel: memberEvents,
  cursorKey: ACCOUNT,
  contracts,
  handlers({ client, tableName, now, correspondence }) {
    const rules = createRules({ client, tableName, defaultBonus: DEFAULT_BONUS, now });
    return accountHandlers({ tableName, bonus: rules.registrationBonus, correspondence, now });
  },
});
