import type { RegistrationBonus } from '../../shared/config/registration-bonus.ts';
import { memberDataErased } from '../../shared/contracts/member-data-erased.v1.ts';
import { memberDeactivated } from '../../shared/contracts/member-deactivated.v1.ts';
import { memberProfileChanged } from '../../shared/contracts/member-profile-changed.v1.ts';
import { memberRegistered } from '../../shared/contracts/member-registered.v1.ts';
import { onboardingStepCompleted } from '../../shared/contracts/onboarding-step-completed.v1.ts';
import type { Handlers } from '../../shared/messaging/applier.ts';
import type { Correspondence } from '../../shared/messaging/correspondence.ts';
import type { Booked } from './ledger.ts';

export const contracts = [memberRegistered, memberProfileChanged, memberDeactivated];

export interface AccountOptions {
  /** By the rules in force. */
  bonus: () => Promise<RegistrationBonus>;
  correspondence: Correspondence;
  now: () => Date;
}

/** What the points service does about a member's events. */
export function accountHandlers(options: AccountOptions): Handlers<(typeof contracts)[number]> {
  const { bonus, correspondence, now } = options;
  return {
    async 'rollcall.member.registered.v1'(message) {
      const { id, subject, time, data } = message;
      const rule = await bonus();
      const hadIts = rule.oncePerPhone && data.returning === true;
      const points = hadIts ? 0 : rule.points;
      const opening: Booked = { messageId: id, points, reason: 'registration', at: time };
      return {
        set: { balance: points, accountState: 'open', opening },
        send: correspondence.reply(message, onboardingStepCompleted, {
          memberId: subject,
          step: 'bonus',
          summary: `${points} points credited${hadIts ? ': the bonus is given once a phone' : ''}`,
          completedAt: now().toISOString(),
        }),
      };
    },

    /** The ledger stays: it names nobody, and accounts must add up. */
    'rollcall.member.deactivated.v1': (message) => ({
      set: { accountState: 'closed' },
      send: correspondence.reply(message, memberDataErased, {
        memberId: message.subject,
        erasedAt: now().toISOString(),
        kept: 'balance and ledger, which name nobody: accounts must add up',
      }),
    }),
  };
}
