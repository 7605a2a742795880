import type { ConsoleParts } from 'rollcall/internal/console/parts';
import { optOutKey } from '../../functions/sms/opt-outs.ts';
import { memberHoldings } from '../members/holdings.ts';
import { createBursts } from './burst.ts';

const OPTED_OUT = optOutKey('').pk;

/** What the console shows of members, and does about them. */
export const consoleParts: ConsoleParts = {
  holdings: memberHoldings,

  async more(holdings, cloud) {
    const phone = Object.values(holdings)
      .flat()
      .map((item) => item.phone)
      .find((one) => typeof one === 'string');
    const texts = phone === undefined ? [] : ((await cloud?.texts(phone)) ?? []);
    const optOut = holdings.sms?.find(({ pk }) => String(pk).startsWith(OPTED_OUT));
    return {
      ...(optOut && { optedOut: { since: String(optOut.since), by: String(optOut.by) } }),
      texts: texts.map(({ text, to, provider, receivedAt }) => ({ text, to, provider, at: receivedAt })),
    };
  },

  register: ({ apiUrl }, body) =>
    fetch(`${apiUrl}/v1/members`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    }),

  bursts: createBursts,
  providers: ['http', 'gateway-1', 'gateway-2', 'twilio'],
  registrations: { metric: 'Registrations', service: 'registration' },
};
