import { type DynamoDBDocumentClient, GetCommand } from '@aws-sdk/lib-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import { refusedBy, transact } from '@rollcall/kit/aws/transact';
import { type OutboxRow, outboxPut, type TransactItem } from '@rollcall/kit/messaging/outbox';
import { type Rate, secondsToFill } from '@rollcall/kit/resilience/token-bucket';
import type { Pseudonym } from '../../shared/pseudonyms.ts';
import { erasurePut } from './erasure.ts';
import type { ActiveMember, DeactivatedMember, Member } from './member.ts';

const DAY_SECONDS = 24 * 3600;

/** The key of a member's item. */
export const memberKey = (id: string) => ({ pk: `member#${id}` });

/** The key of the item that holds a phone, by the phone's pseudonym. */
export const guardKey = (phonePseudonym: string) => ({ pk: `phone#${phonePseudonym}` });

/** An active member's item says where the guard is: an export of the member finds it so, without the key of pseudonyms. */
type StoredMember = Member & { phonePseudonym?: string };

/** Holds a phone for its member, and remembers the request that registered it (its answer follows from both). */
export interface PhoneGuard {
  /** The member's id. Not `memberId`, by which an index would have the guard, at one more write unit. */
  holder: string;
  registeredAt: string;
  fingerprint: string;
  idempotencyKey?: string;
}

/**
 * What a guard leaves for a while when its member leaves. It names nobody: by the phone alone it is found again. Whoever
 * meets one, or a guard, has a token of the phone's bucket to take: so nobody registers and leaves without end.
 */
export interface PhoneMark {
  /** ISO. Tells one leaving from the next. */
  leftAt: string;
  /** In seconds since 1970: until then, who registers with the phone comes back. Not there: the stage remembers no phones. */
  returningUntil?: number;
  /** In seconds since 1970: the bucket is full by then, too. DynamoDB deletes it days later (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/TTL.html). */
  expiresAt: number;
}

export interface StoreOptions {
  client: DynamoDBDocumentClient;
  membersTable: string;
  outboxTable: string;
  /** Of phones, in keys of guards. */
  pseudonym: Pseudonym;
  /** What a phone's bucket holds: as long as it takes to fill, a mark stays. */
  phoneLimit: Rate;
  /** For how long a phone is remembered after its member left; null: not at all. */
  phonesRememberedDays: number | null;
  /** The services that hold something of a member, by the names in the sources of their messages. Asked when one leaves. */
  subscribers: () => Promise<string[]>;
}

export type MemberStore = ReturnType<typeof createMemberStore>;

/** Members and phone guards in one table, and the outbox; every write is one transaction. */
export function createMemberStore(options: StoreOptions) {
  const { client, membersTable, outboxTable, pseudonym, phoneLimit, phonesRememberedDays, subscribers } = options;

  const put = (
    member: StoredMember,
    condition: { ConditionExpression: string; ExpressionAttributeValues?: object },
  ) => ({
    Put: {
      TableName: membersTable,
      Item: { ...memberKey(member.id), ...member },
      ExpressionAttributeNames: condition.ExpressionAttributeValues ? { '#status': 'status' } : undefined,
      ...condition,
    },
  });

  const succeeds = (member: Member) => ({
    ConditionExpression: '#status = :active AND version = :before',
    ExpressionAttributeValues: { ':active': 'active', ':before': member.version - 1 },
  });

  /** @returns whether the member still stood at the version before */
  async function replace(member: Member, writes: Parameters<typeof transact>[1]): Promise<boolean> {
    try {
      await transact(client, [put(member, succeeds(member)), ...writes]);
      return true;
    } catch (error) {
      if (refusedBy(error, 0)) return false;
      throw error;
    }
  }

  /** Frees a phone, and leaves its mark. */
  async function phoneRelease(phone: string, leftAt: string): Promise<TransactItem> {
    const left = Math.ceil(Date.parse(leftAt) / 1000);
    const fullAt = left + secondsToFill(phoneLimit);
    const returningUntil = phonesRememberedDays === null ? undefined : left + phonesRememberedDays * DAY_SECONDS;
    const mark: PhoneMark = {
      leftAt,
      ...(returningUntil !== undefined && { returningUntil }),
      expiresAt: Math.max(fullAt, returningUntil ?? 0),
    };
    return { Put: { TableName: membersTable, Item: { ...guardKey(await pseudonym(phone)), ...mark } } };
  }

  return {
    async find(id: string): Promise<Member | undefined> {
      const { Item } = await client.send(
        new GetCommand({ TableName: membersTable, Key: memberKey(id), ConsistentRead: true }),
      );
      if (!Item) return undefined;
      const { pk: _, ...member } = Item;
      return member as Member;
    },

    /**
     * @param left the mark that the phone was found to have, whose place the guard takes
     * @returns what is there instead: a guard, or a mark that is not `left`; nothing if the member was registered
     */
    async insert(
      member: ActiveMember,
      guard: PhoneGuard,
      row: OutboxRow,
      left?: PhoneMark,
    ): Promise<PhoneGuard | PhoneMark | undefined> {
      const phonePseudonym = await pseudonym(member.phone);
      try {
        await transact(client, [
          {
            Put: {
              TableName: membersTable,
              Item: { ...guardKey(phonePseudonym), ...guard },
              ConditionExpression: `attribute_not_exists(pk)${left ? ' OR leftAt = :leftAt' : ''}`,
              ...(left && { ExpressionAttributeValues: { ':leftAt': left.leftAt } }),
              ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
            },
          },
          put({ ...member, phonePseudonym }, { ConditionExpression: 'attribute_not_exists(pk)' }),
          outboxPut(outboxTable, row),
        ]);
        return undefined;
      } catch (error) {
        const held = refusedBy(error, 0);
        if (!held) throw error;
        return unmarshall(held) as PhoneGuard | PhoneMark;
      }
    },

    change: (member: ActiveMember, row: OutboxRow) => replace(member, [outboxPut(outboxTable, row)]),

    deactivate: async (member: DeactivatedMember, phone: string, row: OutboxRow) =>
      replace(member, [
        await phoneRelease(phone, member.deactivatedAt),
        outboxPut(outboxTable, row),
        erasurePut(membersTable, member.id, { requestedAt: member.deactivatedAt, services: await subscribers() }),
      ]),
  };
}
