import type { Correspondence, Handlers } from '@rollcall/kit/messaging';
import type { RegistrationBonus } from '../../shared/config/registration-bonus.ts';
import { memberDataErased } from '../../shared/contracts/member-data-erased.v1.ts';
import { onboardingStepCompleted } from '../../shared/contracts/onboarding-step-completed.v1.ts';
import type { eventConsumer } from './events.consumer.ts';
import type { StoredEntry } from './ledger.ts';

export interface AccountOptions {
  /** Reads the bonus from the current rules. */
  bonus: () => Promise<RegistrationBonus>;
  correspondence: Correspondence;
  now: () => Date;
}

/** Handles a member's events in the points service. */
export function accountHandlers({
  bonus,
  correspondence,
  now,
}: AccountOptions): Handlers<(typeof eventConsumer.reads)[number]> {
  return {
    'rollcall.member.registered.v2': {
      async handle({ id, time, data }) {
        const rule = await bonus();
        const points = rule.oncePerPhone && data.returning === true ? 0 : rule.points;
        const opening: StoredEntry = { messageId: id, points, reason: 'registration', at: time };
        return { set: { balance: points, accountState: 'open', opening, openedAt: now().toISOString() } };
      },
      follows(message, { opening, openedAt }) {
        const { points } = opening as StoredEntry;
        const hadBonusBefore = points === 0 && message.data.returning === true;
        const completedAt = openedAt as string;
        const summary = `${points} points credited${hadBonusBefore ? ': the bonus is given once per phone' : ''}`;
        const step = { memberId: message.subject, step: 'bonus', summary, completedAt };
        return correspondence.reply(message, onboardingStepCompleted, step, completedAt);
      },
    },

    /**
     * Closes the account and keeps the ledger, because the ledger contains no personal data and accounts must balance.
     */
    'rollcall.member.deactivated.v1': {
      handle: () => ({ set: { accountState: 'closed', erasedAt: now().toISOString() } }),
      follows(message, state) {
        const erasedAt = state.erasedAt as string;
        const kept = 'balance and ledger, without personal data, because accounts must balance';
        const erased = { memberId: message.subject, erasedAt, kept };
        return correspondence.reply(message, memberDataErased, erased, erasedAt);
      },
    },
  };
}
