import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import { type DynamoDBDocumentClient, GetCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import { HeldError } from '@rollcall/kit/messaging';
import { createLeasedTokens, createTokenStore } from '@rollcall/kit/resilience';
import type { SmsSettings } from '../../shared/config/sms-settings.ts';
import type { Pseudonym } from '../../shared/pseudonyms.ts';
import { KnownOptOutError, optOutKey } from './opt-outs.ts';

export interface LimitsOptions {
  client: DynamoDBDocumentClient;
  /** `pk`: limit and window. */
  tableName: string;
  /** Pseudonym of phones, for keys. */
  pseudonym: Pseudonym;
  settings: Pick<SmsSettings, 'countries' | 'perPhoneAndHour' | 'perCountryAndMinute' | 'perDay'>;
  now: () => Date;
  newId: () => string;
  /** Counts when four fifths of the daily budget are used, and each SMS that is held. */
  count: (values: Record<string, number>) => void;
}

export type SmsLimits = ReturnType<typeof createSmsLimits>;

export interface ToCheck {
  /** E.164. */
  to: string;
  /** Country of the phone (ISO 3166-1 alpha-2). */
  country?: string | undefined;
  /** Idempotency key of the message that requests the SMS. */
  idempotencyKey: string;
  /** When the SMS was requested. */
  askedAt: Date;
  /** Whether an operator has lifted the limits for it. */
  released: boolean;
}

/** Counters outlive the longest delay of an SMS: 14 days in its queue. */
const KEPT_SECONDS = 16 * 24 * 3600;
const NEARLY_SPENT = 0.8;
const DAY = 'day#';

/** Created on demand: Intl formats take milliseconds, and most invocations need none. */
const nameOf = (country: string | undefined) =>
  country === undefined ? 'a number of no country' : new Intl.DisplayNames('en', { type: 'region' }).of(country);

type Token = NonNullable<Awaited<ReturnType<ReturnType<typeof createLeasedTokens>['take']>>>;

/** The tokens that an SMS has taken of shared limits; `because`: the limit that has none left. */
type Shared = { tokens: Token[] } | { because: string };

/**
 * Limits against fraud: an attacker with premium numbers earns from every SMS to them, so a registration form that
 * sends SMS is a target. The limits hold over all instances and are checked before a provider is called. An SMS counts
 * once, for the time when it was requested: a delayed one does not count for today, and a backlog is not mistaken for a
 * flood.
 */
export function createSmsLimits({ client, tableName, pseudonym, settings, now, newId, count }: LimitsOptions) {
  const { countries, perPhoneAndHour, perCountryAndMinute, perDay } = settings;
  const leases = createLeasedTokens({
    store: createTokenStore({ client, tableName, now, keptSeconds: KEPT_SECONDS }),
    onLease(key, before, after) {
      const nearly = Math.ceil(perDay * NEARLY_SPENT);
      if (key.startsWith(DAY) && before < nearly && nearly <= after) count({ TextBudgetNearlySpent: 1 });
    },
  });

  async function read(Key: { pk: string }) {
    const { Item } = await client.send(new GetCommand({ TableName: tableName, Key, ConsistentRead: true }));
    return Item;
  }

  /**
   * Counts an SMS for its phone, after all other limits: a message that is recorded here has passed every limit.
   * @returns `known`: it has passed before, and is not counted again; `over`: the phone's limit for this hour is
   * reached
   */
  async function note(key: string, messageId: string): Promise<'passed' | 'known' | 'over'> {
    const attempt = newId();
    try {
      await client.send(
        new UpdateCommand({
          TableName: tableName,
          Key: { pk: key },
          UpdateExpression: 'ADD messages :messages SET attempt = :attempt, expiresAt = :expires',
          ConditionExpression:
            'attribute_not_exists(messages) OR (NOT contains(messages, :message) AND size(messages) < :most)',
          ExpressionAttributeValues: {
            ':messages': new Set([messageId]),
            ':message': messageId,
            ':most': perPhoneAndHour,
            ':attempt': attempt,
            ':expires': Math.ceil(now().getTime() / 1000) + KEPT_SECONDS,
          },
          ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
        }),
      );
      return 'passed';
    } catch (error) {
      if (!(error instanceof ConditionalCheckFailedException)) throw error;
      const item = error.Item ? unmarshall(error.Item) : {};
      if (!item.messages?.has(messageId)) return 'over';
      // The SDK retried a write that had succeeded: the tokens of this attempt are in use.
      return item.attempt === attempt ? 'passed' : 'known';
    }
  }

  /** The narrower limit first, so that an SMS refused for its country does not count for the day. */
  async function takeShared(country: string | undefined, at: string): Promise<Shared> {
    const ofCountry = await leases.take(`country#${country ?? '?'}#${at.slice(0, 16)}`, perCountryAndMinute);
    if (!ofCountry) {
      return {
        because: `${nameOf(country)} got ${perCountryAndMinute} texts in this minute (setting sms.perCountryAndMinute)`,
      };
    }
    const ofDay = await leases.take(`${DAY}${at.slice(0, 10)}`, perDay);
    if (ofDay) return { tokens: [ofCountry, ofDay] };
    ofCountry.giveBack();
    return { because: `the day's budget of ${perDay} texts is spent (setting sms.perDay)` };
  }

  function held(because: string): HeldError {
    count({ TextsHeld: 1 });
    return new HeldError(because);
  }

  return {
    /**
     * @throws {KnownOptOutError} if the phone has opted out: an operator's release does not override it. {@link
     * HeldError} that names the limit, if one is exceeded
     */
    async check({ to, country, idempotencyKey, askedAt, released }: ToCheck): Promise<void> {
      if (!released && countries !== 'all' && !(country && countries.includes(country))) {
        throw held(
          `texts may not go to ${nameOf(country)}; allowed: ${countries.map(nameOf).join(', ')} (setting sms.countries)`,
        );
      }
      const at = askedAt.toISOString();
      const phone = await pseudonym(to);
      const key = `phone#${phone}#${at.slice(0, 13)}`;
      if (await read(optOutKey(phone))) throw new KnownOptOutError();
      if (released) return;
      const shared = await takeShared(country, at);
      if ('because' in shared) {
        const passed = (await read({ pk: key }))?.messages as Set<string> | undefined;
        if (passed?.has(idempotencyKey)) return;
        throw held(shared.because);
      }
      const noted = await note(key, idempotencyKey);
      if (noted === 'passed') return;
      for (const token of shared.tokens) token.giveBack();
      if (noted === 'over') {
        throw held(`this phone got ${perPhoneAndHour} texts in this hour (setting sms.perPhoneAndHour)`);
      }
    },
  };
}
