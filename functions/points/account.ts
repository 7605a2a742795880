import { memberDeactivated } from '../../shared/contracts/member-deactivated.v1.ts';
import { memberProfileChanged } from '../../shared/contracts/member-profile-changed.v1.ts';
import { memberRegistered } from '../../shared/contracts/member-registered.v1.ts';
import type { Handlers } from '../../shared/messaging/applier.ts';

export const contracts = [memberRegistered, memberProfileChanged, memberDeactivated];

/** The item that carries a member's balance, and with it the cursor. */
export const ACCOUNT = 'account';
export const LEDGER_PREFIX = 'ledger#';

export interface AccountOptions {
  tableName: string;
  /** Points for registering, by the rules in force. */
  bonus: () => Promise<number>;
}

/** What the points service does about a member's events. */
export function accountHandlers({ tableName, bonus }: AccountOptions): Handlers<(typeof contracts)[number]> {
  return {
    async 'rollcall.member.registered.v1'({ id, subject, time }) {
      const points = await bonus();
      return {
        set: { balance: points, accountState: 'open' },
        writes: [
          {
            Put: {
              TableName: tableName,
              Item: { pk: subject, sk: `${LEDGER_PREFIX}${id}`, points, reason: 'registration', at: time },
              ConditionExpression: 'attribute_not_exists(pk)',
            },
          },
        ],
      };
    },

    /** The ledger stays: it names nobody, and accounts must add up. */
    'rollcall.member.deactivated.v1': () => ({ set: { accountState: 'closed' } }),
  };
}
