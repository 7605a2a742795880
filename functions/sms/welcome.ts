import { memberDeactivated } from '../../shared/contracts/member-deactivated.v1.ts';
import { memberProfileChanged } from '../../shared/contracts/member-profile-changed.v1.ts';
import { memberRegistered } from '../../shared/contracts/member-registered.v1.ts';
import type { Handlers } from '../../shared/messaging/applier.ts';
import type { SmsProvider } from './provider.ts';
import { welcomeText } from './templates.ts';

export const contracts = [memberRegistered, memberProfileChanged, memberDeactivated];

/** What the SMS service does about a member's events: it welcomes. */
export function welcomeHandlers(provider: SmsProvider): Handlers<(typeof contracts)[number]> {
  return {
    'rollcall.member.registered.v1': ({ id, data }) => ({
      call: () => provider.send({ to: data.phone, text: welcomeText(data), idempotencyKey: id }),
    }),
  };
}
