import { jsonOf, readEnvironment } from '@rollcall/kit/aws/environment';
import { subscriberFunctions } from '@rollcall/kit/messaging/subscriber-functions';
import * as z from 'zod';
import type { Capability } from '../../shared/config/capabilities.ts';
import { registrationBonus } from '../../shared/config/registration-bonus.ts';
import { memberEvents } from '../../shared/contracts/channels.ts';
import { accountHandlers, contracts } from './account.ts';
import { ACCOUNT } from './ledger.ts';
import { createRules } from './rules.ts';

const { BONUS } = readEnvironment(z.object({ BONUS: jsonOf(registrationBonus) }));

export const { consume, sweep } = subscriberFunctions({
  service: 'points',
  capability: 'points' satisfies Capability,
  channel: memberEvents,
  cursorKey: ACCOUNT,
  contracts,
  handlers({ client, tableName, now, correspondence }) {
    const rules = createRules({ client, tableName, defaults: BONUS, now });
    return accountHandlers({ bonus: rules.registrationBonus, correspondence, now });
  },
});
