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

/** The key of the item that reserves a phone, by the phone's pseudonym. */
export const guardKey = (phonePseudonym: string) => ({ pk: `phone#${phonePseudonym}` });

/**
 * An active member's item contains the guard's key, so that an export of the member finds the guard without the
 * pseudonym key.
 */
type StoredMember = Member & { phonePseudonym?: string };

/** Reserves a phone for its member, and stores which request registered it (its answer derives from both). */
export interface PhoneGuard {
  /**
   * The member's id. Not called `memberId`: the index by that attribute would then include the guard, at one more write
   * unit.
   */
  holder: string;
  registeredAt: string;
  fingerprint: string;
  idempotencyKey?: string;
}

/**
 * A temporary remainder of a guard after its member leaves. It contains no personal data: it is found by the phone
 * only. Finding a mark or a guard costs a token of the phone's bucket, so registering and leaving is rate-limited.
 */
export interface PhoneMark {
  /** ISO 8601. Distinguishes one departure from the next. */
  leftAt: string;
  /**
   * Epoch seconds: until then, a registration with the phone counts as a return. Undefined: the stage does not remember
   * phones.
   */
  returningUntil?: number;
  /**
   * Epoch seconds: after this, the bucket is full too. DynamoDB deletes the item up to days later
   * (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/TTL.html).
   */
  expiresAt: number;
}

export interface StoreOptions {
  client: DynamoDBDocumentClient;
  membersTable: string;
  outboxTable: string;
  /** Pseudonym of phones, for keys of guards. */
  pseudonym: Pseudonym;
  /** Size of a phone's bucket: a mark stays as long as the bucket takes to fill. */
  phoneLimit: RegistrationLimits['phone'];
  /** How many days a phone is remembered after its member left; null: not at all. */
  phonesRememberedDays: number | null;
  /**
   * The services that store data about members, by the names in the sources of their messages. Called when a member
   * leaves.
   */
  subscribers: () => Promise<string[]>;
}

export type MemberStore = ReturnType<typeof createMemberStore>;

/** Members and phone guards in one table, and the outbox; every write is one transaction. */
export function createMemberStore(options: StoreOptions) {
  const { client, membersTable, outboxTable, pseudonym, phoneLimit, phonesRememberedDays, subscribers } = options;
  const publisher = createPublisher<StoredMember, typeof memberEvents>(memberEvents, {
    ...{ client, outboxTable, table: membersTable, key: memberKey },
  });

  /** Releases a phone, and writes its mark. */
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
     * @param left the phone's mark that was read; the guard replaces it
     * @returns the item that prevented the insert: a guard, or a mark other than `left`; undefined if the member was
     * registered
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

    /** Also releases the phone, and stores the required erasures. No-op if the member was deactivated before. */
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
