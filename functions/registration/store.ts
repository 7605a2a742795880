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
 * An active member's item contains the phone's pseudonym, so that an export of the member finds the phone's guard
 * (`PhoneGuard`) without the secret that pseudonyms are computed with.
 */
type StoredMember = Member & { phonePseudonym?: string };

/**
 * The item that reserves a phone for its member. It identifies the request that registered the member, so that a
 * repetition of the request gets the same response.
 */
export interface PhoneGuard {
  /**
   * The member's ID. The attribute is not named `memberId`, because the index by `memberId` would then include the
   * guard, and each registration would cost another write unit.
   */
  holder: string;
  registeredAt: string;
  fingerprint: string;
  idempotencyKey?: string;
}

/**
 * The item that replaces the guard of a phone for some time after the phone's member left. Its only personal data is
 * the pseudonym of the phone in its key, so the mark can be found only with the phone and the secret. A registration
 * that finds a mark or a guard takes a token from the phone's token bucket, so repeated registering and leaving is
 * rate-limited.
 */
export interface PhoneMark {
  /** ISO 8601. Distinguishes one departure from the next. */
  leftAt: string;
  /**
   * Epoch seconds. Until this time, the event of a registration with the phone contains `returning`. Undefined if the
   * stage does not remember phones.
   */
  returningUntil?: number;
  /**
   * Epoch seconds: the later of `returningUntil` and the time at which the phone's token bucket is full again. DynamoDB
   * deletes the item within a few days after it expires
   * (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/TTL.html).
   */
  expiresAt: number;
}

export interface StoreOptions {
  client: DynamoDBDocumentClient;
  membersTable: string;
  outboxTable: string;
  /** Computes the pseudonyms of phones for the keys of guards. */
  pseudonym: Pseudonym;
  /** The limit of a phone's token bucket. A mark is kept at least until the bucket is full again. */
  phoneLimit: RegistrationLimits['phone'];
  /** How many days a phone is remembered after its member left, or null if phones are not remembered. */
  phonesRememberedDays: number | null;
  /**
   * Returns the names of the services that store data about members. A service's name is the last part of the `source`
   * of its messages. The function is called when a member leaves.
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
     * @param mark the phone's mark, if an earlier attempt found one; the guard replaces the mark
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

    /**
     * Commits the decision, releases the phone, and stores which services must erase the member's data. Does nothing if
     * the member is already deactivated.
     */
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
