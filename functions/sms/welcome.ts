import { memberDataErased } from '../../shared/contracts/member-data-erased.v1.ts';
import { memberDeactivated } from '../../shared/contracts/member-deactivated.v1.ts';
import { memberProfileChanged } from '../../shared/contracts/member-profile-changed.v1.ts';
import { memberRegistered } from '../../shared/contracts/member-registered.v1.ts';
import { onboardingStepCompleted } from '../../shared/contracts/onboarding-step-completed.v1.ts';
import type { Handlers } from '../../shared/messaging/applier.ts';
import type { Correspondence } from '../../shared/messaging/correspondence.ts';
import { welcomeText } from './templates.ts';
import type { SendText } from './texting.ts';

export const contracts = [memberRegistered, memberProfileChanged, memberDeactivated];

/** The item that carries how to reach a member, and with it the cursor. */
export const CONTACT = 'contact';

export interface WelcomeOptions {
  sendText: SendText;
  correspondence: Correspondence;
  now: () => Date;
}

/** What the SMS service does about a member's events: it welcomes, and knows how to reach the member from then on. */
export function welcomeHandlers(options: WelcomeOptions): Handlers<(typeof contracts)[number]> {
  const { sendText, correspondence, now } = options;
  return {
    'rollcall.member.registered.v1': (message, released) => {
      const { id, subject, time, data } = message;
      const text = { to: data.phone, ...welcomeText(data.locale), idempotencyKey: id };
      return {
        call: (again) => sendText(text, { askedAt: new Date(time), released, again }),
        set: { phone: data.phone, locale: data.locale },
        send: correspondence.reply(message, onboardingStepCompleted, {
          memberId: subject,
          step: 'welcome-sms',
          summary: 'text handed to the provider',
          completedAt: now().toISOString(),
        }),
      };
    },
    'rollcall.member.profile-changed.v1': ({ data }) => ({ set: { locale: data.locale } }),
    'rollcall.member.deactivated.v1': (message) => ({
      set: { left: true },
      remove: ['phone', 'locale'],
      send: correspondence.reply(message, memberDataErased, {
        memberId: message.subject,
        erasedAt: now().toISOString(),
      }),
    }),
  };
}
