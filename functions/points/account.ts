import type { RegistrationBonus } from '../../shared/config/registration-bonus.ts';
import { memberDataErased } from '../../shared/contracts/member-data-erased.v1.ts';
import { memberDeactivated } from '../../shared/contracts/member-deactivated.v1.ts';
import { memberProfileChanged } from '../../shared/contracts/member-profile-changed.v1.ts';
import { memberRegisteredV2 } from '../../shared/contracts/member-registered.v2.ts';
import { onboardingStepCompleted } from '../../shared/contracts/onboarding-step-completed.v1.ts';
import type { Handlers } from '../../shared/messaging/applier.ts';
import type { Correspondence } from '../../shared/messaging/correspondence.ts';
import type { TransactItem } from '../../shared/messaging/outbox.ts';

export const contracts = [memberRegisteredV2, memberProfileChanged, memberDeactivated];

/** The item that carries a member's balance, and with it the cursor. */
export const ACCOUNT = 'account';
export const LEDGER_PREFIX = 'ledger#';

/** What changes a balance. Entries name nobody, and stay. */
export interface LedgerEntry {
  points: number;
  reason: 'registration' | 'redemption' | 'return';
  at: string;
}

export const ledgerPut = (
  tableName: string,
  memberId: string,
  messageId: string,
  entry: LedgerEntry,
): TransactItem => ({
  Put: {
    TableName: tableName,
    Item: { pk: memberId, sk: `${LEDGER_PREFIX}${messageId}`, ...entry },
    ConditionExpression: 'attribute_not_exists(pk)',
  },
});

export interface AccountOptions {
  tableName: string;
  /** By the rules in force. */
  bonus: () => Promise<RegistrationBonus>;
  correspondence: Correspondence;
  now: () => Date;
}

/** What the points service does about a member's events. */
export function accountHandlers(options: AccountOptions): Handlers<(typeof contracts)[number]> {
  const { tableName, bonus, correspondence, now } = options;
  return {
    async 'rollcall.member.registered.v2'(message) {
      const { id, subject, time, data } = message;
      const rule = await bonus();
      const hadIts = rule.oncePerPhone && data.returning === true;
      const points = hadIts ? 0 : rule.points;
      return {
        set: { balance: points, accountState: 'open' },
        writes: [ledgerPut(tableName, subject, id, { points, reason: 'registration', at: time })],
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
