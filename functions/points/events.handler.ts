import { jsonOf, readEnvironment } from '@rollcall/kit/aws';
import { subscriberFunctions } from '@rollcall/kit/messaging';
import * as z from 'zod';
import { registrationBonus } from '../../shared/config/registration-bonus.ts';
import { accountHandlers } from './account.ts';
import { eventConsumer } from './events.consumer.ts';
import { createRules } from './rules.ts';

const { BONUS } = readEnvironment(z.object({ BONUS: jsonOf(registrationBonus) }));

export const { consume, sweep } = subscriberFunctions(eventConsumer, ({ client, tableName, now, correspondence }) => {
  const rules = createRules({ client, tableName, defaults: BONUS, now });
  return accountHandlers({ bonus: rules.registrationBonus, correspondence, now });
});
