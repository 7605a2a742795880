import { type DynamoDBDocumentClient, GetCommand } from '@aws-sdk/lib-dynamodb';
import { type Correspondence, type Effect, type Handlers, type Message, TransientError } from '@rollcall/kit/messaging';
import type * as z from 'zod';
import { smsCommands } from '../../shared/contracts/channels.ts';
import { pointsReturned } from '../../shared/contracts/points-returned.v1.ts';
import { redemptionSettled } from '../../shared/contracts/redemption-settled.v1.ts';
import { sendSms } from '../../shared/contracts/send-sms.v1.ts';
import type { commandConsumer } from './commands.consumer.ts';
import { ACCOUNT, type LedgerEntry, ledgerPut } from './ledger.ts';
import { redeemedTexts } from './texts.ts';

type RedemptionOutcome = z.output<typeof redemptionSettled.data>['outcome'];

interface Account {
  balance: number;
  accountState: 'open' | 'closed';
}

export interface CommandOptions {
  client: DynamoDBDocumentClient;
  /** The table with the accounts. */
  pointsTable: string;
  correspondence: Correspondence<typeof smsCommands>;
  now: () => Date;
}

/** Handles the commands to the points service. */
export function commandHandlers(options: CommandOptions): Handlers<(typeof commandConsumer.reads)[number]> {
  const { client, pointsTable, correspondence, now } = options;

  /** @throws {TransientError} if the member has no account yet: the event of the registration has not been applied */
  async function accountOf(memberId: string): Promise<Account> {
    const Key = { pk: memberId, sk: ACCOUNT };
    const { Item } = await client.send(new GetCommand({ TableName: pointsTable, Key, ConsistentRead: true }));
    if (Item?.accountState === undefined) throw new TransientError(`member ${memberId} has no points account yet`);
    // The account has no balance if an operator discarded the event of the registration and the member left later.
    return { balance: 0, ...Item } as Account;
  }

  /**
   * Returns the writes that change a balance and add the ledger entry. They belong to the transaction that applies the
   * command. The transaction fails if the account has changed since it was read.
   */
  function balanceWrites(message: Message, account: Account, entry: LedgerEntry): NonNullable<Effect['writes']> {
    const { id, subject } = message;
    return [
      {
        Update: {
          TableName: pointsTable,
          Key: { pk: subject, sk: ACCOUNT },
          UpdateExpression: 'SET balance = :after',
          ConditionExpression: 'balance = :before AND accountState = :state',
          ExpressionAttributeValues: {
            ':after': account.balance + entry.points,
            ':before': account.balance,
            ':state': account.accountState,
          },
        },
      },
      ledgerPut(pointsTable, subject, id, entry),
    ];
  }

  return {
    async 'rollcall.points.redeem.v1'(message) {
      const { memberId, points, deadline } = message.data;
      const account = await accountOf(message.subject);
      const at = now().toISOString();
      const settledReply = (outcome: RedemptionOutcome, balance: number) =>
        correspondence.reply(
          message,
          redemptionSettled,
          {
            memberId,
            outcome,
            points,
            balance,
            settledAt: at,
          },
          at,
        );
      if (deadline !== undefined && Date.parse(deadline) <= Date.parse(at)) {
        return { send: settledReply('deadline-passed', account.balance) };
      }
      if (account.accountState === 'closed') return { send: settledReply('account-closed', account.balance) };
      if (account.balance < points) return { send: settledReply('not-enough-points', account.balance) };
      const balance = account.balance - points;
      const notice = correspondence.command(
        message,
        smsCommands,
        sendSms,
        {
          memberId,
          texts: redeemedTexts({ points, balance }),
        },
        at,
      );
      return {
        writes: balanceWrites(message, account, { points: -points, reason: 'redemption', at }),
        send: [...settledReply('succeeded', balance), notice],
      };
    },

    async 'rollcall.points.return.v1'(message) {
      const { memberId, points } = message.data;
      const account = await accountOf(message.subject);
      const returnedAt = now().toISOString();
      return {
        writes: balanceWrites(message, account, { points, reason: 'return', at: returnedAt }),
        send: correspondence.reply(
          message,
          pointsReturned,
          {
            memberId,
            points,
            balance: account.balance + points,
            returnedAt,
          },
          returnedAt,
        ),
      };
    },
  };
}
