import type { HandlerContext, Handlers } from '@rollcall/kit/messaging';
import { confirmErasure } from '../../shared/confirm-erasure.ts';
import { onboardingStepCompleted } from '../../shared/contracts/onboarding-step-completed.v1.ts';
import { closestLocale } from '../../shared/localization.ts';
import type { eventConsumer } from './events.consumer.ts';
import en from './journeys/en.json' with { type: 'json' };
import es from './journeys/es.json' with { type: 'json' };
import zhCN from './journeys/zh-CN.json' with { type: 'json' };

export const journeys = { en, es, 'zh-CN': zhCN };

type JourneyLocale = keyof typeof journeys;
const locales = Object.keys(journeys) as JourneyLocale[];

/**
 * Handles a member's events in the guide service. For each journey, the table stores the language, but not the
 * texts. `read.handler.ts` reads the texts from `journeys/`.
 */
export const journeyHandlers = ({
  correspondence,
  now,
}: Pick<HandlerContext, 'correspondence' | 'now'>): Handlers<(typeof eventConsumer.reads)[number]> => ({
  'rollcall.member.registered.v2': {
    handle: ({ data, time }) => ({
      set: {
        journeyLocale: closestLocale(data.locale, locales, 'en'),
        addressee: data.displayName,
        startedAt: time,
        begunAt: now().toISOString(),
      },
    }),
    follows(message, state) {
      const completedAt = state.begunAt as string;
      // Uses the language in the message, because the member may have changed the stored language since the
      // registration.
      const summary = `journey started in ${closestLocale(message.data.locale, locales, 'en')}`;
      const step = { memberId: message.subject, step: 'guide', summary, completedAt };
      return correspondence.reply(message, onboardingStepCompleted, step, completedAt);
    },
  },
  'rollcall.member.profile-changed.v1': ({ data }) => ({
    set: { journeyLocale: closestLocale(data.locale, locales, 'en'), addressee: data.name },
  }),
  'rollcall.member.deactivated.v1': confirmErasure({ correspondence, now }, [
    'journeyLocale',
    'addressee',
    'startedAt',
    'begunAt',
  ]),
});
