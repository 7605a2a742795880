import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { busy } from '@rollcall/kit/http';
import { type CommandContext, createPublisher, type TransactItem } from '@rollcall/kit/messaging';
import type { RegistrationLimits } from '../../shared/config/registration-limits.ts';
import { memberEvents } from '../../shared/contracts/channels.ts';
import type { Pseudonym } from '../../shared/pseudonyms.ts';
import { erasurePut } from './erasure.ts';
import type { ActiveMember, DeactivatedMember, Member, MemberDecision } from './member.ts';

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
  phoneLimit: RegistrationLimits['phone'];
  /** For how long a phone is remembered after its member left; null: not at all. */
  phonesRememberedDays: number | null;
  /** The services that hold something of a member, by the names in the sources of their messages. Asked when one leaves. */
  subscribers: () => Promise<string[]>;
}

export type MemberStore = ReturnType<typeof createMemberStore>;

/** Members and phone guards in one table, and the outbox; every write is one transaction. */
export function createMemberStore(options: StoreOptions) {
  const { client, membersTable, outboxTable, pseudonym, phoneLimit, phonesRememberedDays, subscribers } = options;
  const publisher = createPublisher<StoredMember, typeof memberEvents>(memberEvents, {
    ...{ client, outboxTable, table: membersTable, key: memberKey },
  });

  /** Frees a phone, and leaves its mark. */
  async function phoneRelease(phone: string, leftAt: string): Promise<TransactItem> {
    const left = Math.ceil(Date.parse(leftAt) / 1000);
    const fullAt = left + Math.ceil((phoneLimit.burst * 60) / phoneLimit.perMinute);
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
      const item = await publisher.read(id);
      if (!item) return undefined;
      const { pk: _, ...member } = item as Member & { pk?: string };
      return member as Member;
    },

    /**
     * @param left the mark that the phone was found to have, whose place the guard takes
     * @returns what is there instead: a guard, or a mark that is not `left`; nothing if the member was registered
     */
    async insert(
      { state, events }: MemberDecision<ActiveMember>,
      guard: PhoneGuard,
      context: CommandContext,
      left?: PhoneMark,
    ): Promise<PhoneGuard | PhoneMark | undefined> {
      const phonePseudonym = await pseudonym(state.phone);
      const phone = {
        Put: {
          TableName: membersTable,
          Item: { ...guardKey(phonePseudonym), ...guard },
          ConditionExpression: `attribute_not_exists(pk)${left ? ' OR leftAt = :leftAt' : ''}`,
          ...(left && { ExpressionAttributeValues: { ':leftAt': left.leftAt } }),
        },
      };
      const decision = { state: { ...state, phonePseudonym }, events, beside: { phone } };
      const created = await publisher.create(state.id, decision, context);
      if (created.result === 'done') return undefined;
      if (created.result === 'refused') return created.item as unknown as PhoneGuard | PhoneMark;
      if (created.result === 'busy') throw busy('Others register with this phone at the same moment. Try again.');
      throw new Error(`member ${state.id}: ${created.result}`);
    },

    change: publisher.change,

    /** Frees the phone, too, and says what has to be erased. Of a member who was deactivated before, nothing is left to do. */
    deactivate: (
      id: string,
      decide: (before: ActiveMember) => MemberDecision<DeactivatedMember>,
      context: CommandContext,
    ) =>
      publisher.change(
        id,
        async (before) => {
          if (before.status === 'deactivated') return undefined;
          const { state, events } = decide(before);
          const erasure = { requestedAt: state.deactivatedAt, services: await subscribers() };
          const beside = {
            phone: await phoneRelease(before.phone, state.deactivatedAt),
            erasure: erasurePut(membersTable, id, erasure),
          };
          return { state, events, beside };
        },
        context,
      ),
  };
}
