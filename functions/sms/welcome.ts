import type { Correspondence, Handlers } from '@rollcall/kit/messaging';
import { currentTraceparent } from '@rollcall/kit/observability';
import { memberDataErased } from '../../shared/contracts/member-data-erased.v1.ts';
import { onboardingStepCompleted } from '../../shared/contracts/onboarding-step-completed.v1.ts';
import type { Pseudonym } from '../../shared/pseudonyms.ts';
import type { eventConsumer } from './events.consumer.ts';
import { encodeReference } from './receipt-reference.ts';
import { welcomeText } from './templates.ts';
import type { SendResult, SendText } from './texting.ts';

export interface WelcomeOptions {
  sendText: SendText;
  pseudonym: Pseudonym;
  correspondence: Correspondence;
  now: () => Date;
}

const SUMMARIES: Record<SendResult, string> = {
  accepted: 'accepted by the provider',
  'opted out': 'not sent: this phone has opted out of SMS',
};

/** Handles a member's events in the SMS service: sends the welcome SMS, and stores and erases contact data. */
export function welcomeHandlers(options: WelcomeOptions): Handlers<(typeof eventConsumer.reads)[number]> {
  const { sendText, pseudonym, correspondence, now } = options;
  return {
    'rollcall.member.registered.v2': {
      async handle(message, { released }) {
        const { id, subject, time, data } = message;
        const about = { memberId: subject, messageId: id, traceparent: currentTraceparent() ?? message.traceparent };
        const text = {
          to: data.phone,
          country: data.country,
          ...welcomeText(data.locale),
          idempotencyKey: id,
          reference: encodeReference(about),
        };
        return {
          set: {
            phone: data.phone,
            ...(data.country !== undefined && { country: data.country }),
            locale: data.locale,
            phonePseudonym: await pseudonym(data.phone),
          },
          async call(outcomeUnknown) {
            const welcome = await sendText(text, { requestedAt: new Date(time), released, outcomeUnknown });
            return { set: { welcome, welcomedAt: now().toISOString() } };
          },
        };
      },
      follows(message, { welcome, welcomedAt }) {
        const completedAt = welcomedAt as string;
        const summary = SUMMARIES[welcome as SendResult];
        const step = { memberId: message.subject, step: 'welcome-sms', summary, completedAt };
        return correspondence.reply(message, onboardingStepCompleted, step, completedAt);
      },
    },
    'rollcall.member.profile-changed.v1': ({ data }) => ({ set: { locale: data.locale } }),
    'rollcall.member.deactivated.v1': {
      handle: () => ({
        set: { left: true, erasedAt: now().toISOString() },
        remove: ['phone', 'country', 'locale', 'phonePseudonym'],
      }),
      follows(message, state) {
        const erasedAt = state.erasedAt as string;
        return correspondence.reply(message, memberDataErased, { memberId: message.subject, erasedAt }, erasedAt);
      },
    },
  };
}
