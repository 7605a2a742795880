import { type DynamoDBDocumentClient, GetCommand } from '@aws-sdk/lib-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import type { Pseudonym } from '../../shared/aws/pseudonyms.ts';
import { refusedBy, transact } from '../../shared/aws/transact.ts';
import { type OutboxRow, outboxPut } from '../../shared/messaging/outbox.ts';
import { erasurePut } from './erasure.ts';
import type { ActiveMember, DeactivatedMember, Member } from './member.ts';

/** The key of a member's item. */
export const memberKey = (id: string) => ({ pk: `member#${id}` });

/** Holds a phone for its member, and remembers the request that registered it (its answer follows from both). */
export interface PhoneGuard {
  memberId: string;
  registeredAt: string;
  fingerprint: string;
  idempotencyKey?: string;
}

export interface StoreOptions {
  client: DynamoDBDocumentClient;
  membersTable: string;
  outboxTable: string;
  /** Of phones, in keys of guards. */
  pseudonym: Pseudonym;
  /** The services that hold something of a member, by the names in the sources of their messages. */
  subscribers: readonly string[];
}

export type MemberStore = ReturnType<typeof createMemberStore>;

/** Members and phone guards in one table, and the outbox; every write is one transaction. */
export function createMemberStore({ client, membersTable, outboxTable, pseudonym, subscribers }: StoreOptions) {
  const guardKey = async (phone: string) => ({ pk: `phone#${await pseudonym(phone)}` });

  const put = (member: Member, condition: { ConditionExpression: string; ExpressionAttributeValues?: object }) => ({
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

  return {
    async find(id: string): Promise<Member | undefined> {
      const { Item } = await client.send(
        new GetCommand({ TableName: membersTable, Key: memberKey(id), ConsistentRead: true }),
      );
      if (!Item) return undefined;
      const { pk: _, ...member } = Item;
      return member as Member;
    },

    /** @returns the guard that already holds the phone, or nothing if the member was registered */
    async insert(member: ActiveMember, guard: PhoneGuard, row: OutboxRow): Promise<PhoneGuard | undefined> {
      const key = await guardKey(member.phone);
      try {
        await transact(client, [
          {
            Put: {
              TableName: membersTable,
              Item: { ...key, ...guard },
              ConditionExpression: 'attribute_not_exists(pk)',
              ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
            },
          },
          put(member, { ConditionExpression: 'attribute_not_exists(pk)' }),
          outboxPut(outboxTable, row),
        ]);
        return undefined;
      } catch (error) {
        const held = refusedBy(error, 0);
        if (!held) throw error;
        return unmarshall(held) as PhoneGuard;
      }
    },

    change: (member: ActiveMember, row: OutboxRow) => replace(member, [outboxPut(outboxTable, row)]),

    /** Frees the phone along with it. */
    deactivate: async (member: DeactivatedMember, phone: string, row: OutboxRow) =>
      replace(member, [
        { Delete: { TableName: membersTable, Key: await guardKey(phone) } },
        outboxPut(outboxTable, row),
        erasurePut(membersTable, member.id, { requestedAt: member.deactivatedAt, services: [...subscribers] }),
      ]),
  };
}
