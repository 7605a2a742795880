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
 * An active member's item contains the phone's pseudonym, so that an export of the member finds the guard without the
 * secret that pseudonyms are computed with.
 */
type StoredMember = Member & { phonePseudonym?: string };

/**
 * Reserves a phone for its member. Identifies the request that registered it, so that a repetition gets the same
 * response.
 */
export interface PhoneGuard {
  /**
   * The member's ID. The attribute is not named `memberId`, because the index by `memberId` would then include the
   * guard, which costs another write unit.
   */
  holder: string;
  registeredAt: string;
  fingerprint: string;
  idempotencyKey?: string;
}

/**
 * Replaces a guard for some time after its member left. It contains no personal data and can be found only with the
 * phone. A registration that finds a mark or a guard takes a token of the phone's bucket, so repeated registering and
 * leaving is rate-limited.
 */
export interface PhoneMark {
  /** ISO 8601. Distinguishes one departure from the next. */
  leftAt: string;
  /**
   * Epoch seconds. Until this time, a registration with the phone is marked as returning. Undefined if the stage does
   * not remember phones.
   */
  returningUntil?: number;
  /**
   * Epoch seconds: the later of `returningUntil` and the time at which the phone's bucket is full again. DynamoDB deletes
   * the item up to a few days later (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/TTL.html).
   */
  expiresAt: number;
}

export interface StoreOptions {
  client: DynamoDBDocumentClient;
  membersTable: string;
  outboxTable: string;
  /** Computes the pseudonyms of phones for the keys of guards. */
  pseudonym: Pseudonym;
  /** The limit of a phone's bucket. A mark is kept at least until the bucket is full again. */
  phoneLimit: RegistrationLimits['phone'];
  /** How many days a phone is remembered after its member left, or null if phones are not remembered. */
  phonesRememberedDays: number | null;
  /**
   * Returns the names of the services that store data about members. The names are those in the sources of messages. The
   * function is called when a member leaves.
   */
  subscribers: () => Promise<string[]>;
}

export type MemberStore = ReturnType<typeof createMemberStore>;

/** Stores members and phone guards in one table, and events in the outbox. Every write is one transaction. */
export function createMemberStore(options: StoreOptions) {
  const { client, membersTable, outboxTable, pseudonym, phoneLimit, phonesRememberedDays, subscribers } = options;
  const publisher = createPublisher<StoredMember, typeof memberEvents>(memberEvents, {
    ...{ client, outboxTable, table: membersTable, key: memberKey },
  });

  /** The write that releases a phone by replacing its guard with a mark. */
  async function phoneRelease(phone: string, leftAt: string): Promise<TransactItem> {
    const leftAtSeconds = Math.ceil(Date.parse(leftAt) / 1000);
    const fullAt = leftAtSeconds + Math.ceil((phoneLimit.burst * 60) / phoneLimit.perMinute);
    const returningUntil =
      phonesRememberedDays === null ? undefined : leftAtSeconds + phonesRememberedDays * DAY_SECONDS;
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
     * @param mark the mark of the phone that an earlier attempt found; the guard replaces it
     * @returns the item that prevented the insert: a guard, or a mark other than `mark`; undefined if the member was
     * registered
     */
    async insert(
      { state, events }: MemberDecision<ActiveMember>,
      guard: PhoneGuard,
      context: CommandContext,
      mark?: PhoneMark,
    ): Promise<PhoneGuard | PhoneMark | undefined> {
      const phonePseudonym = await pseudonym(state.phone);
      const phone = {
        Put: {
          TableName: membersTable,
          Item: { ...guardKey(phonePseudonym), ...guard },
          ConditionExpression: `attribute_not_exists(pk)${mark ? ' OR leftAt = :leftAt' : ''}`,
          ...(mark && { ExpressionAttributeValues: { ':leftAt': mark.leftAt } }),
        },
      };
      const decision = { state: { ...state, phonePseudonym }, events, beside: { phone } };
      const created = await publisher.create(state.id, decision, context);
      if (created.result === 'done') return undefined;
      if (created.result === 'refused') return created.item as unknown as PhoneGuard | PhoneMark;
      if (created.result === 'busy') throw busy('Other requests are registering this phone. Try again.');
      throw new Error(`member ${state.id}: ${created.result}`);
    },

    change: publisher.change,

    /** Also releases the phone and stores the required erasures. Does nothing if the member is already deactivated. */
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
