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
  /** The table of limits and opt-outs. The key `pk` of a counter contains a limit and the limit's time window. */
  tableName: string;
  /** Computes the pseudonyms of phones. The table's keys contain the pseudonyms. */
  pseudonym: Pseudonym;
  settings: Pick<SmsSettings, 'countries' | 'perPhoneAndHour' | 'perCountryAndMinute' | 'perDay'>;
  now: () => Date;
  newId: () => string;
  /** Counts each SMS that is held, and each day on which four fifths of the budget are used. */
  count: (values: Record<string, number>) => void;
}

export type SmsLimits = ReturnType<typeof createSmsLimits>;

export interface SmsToCheck {
  /** E.164. */
  to: string;
  /** Country of the phone (ISO 3166-1 alpha-2). */
  country?: string | undefined;
  /** Idempotency key of the message that requests the SMS. */
  idempotencyKey: string;
  /** When the SMS was requested. */
  requestedAt: Date;
  /** Whether an operator has released the SMS, so that no limit applies to it. */
  released: boolean;
}

/** How long counters are kept: longer than the 14 days for which SQS keeps a message that requests an SMS. */
const RETENTION_SECONDS = 16 * 24 * 3600;
const NEARLY_SPENT = 0.8;
const DAY = 'day#';

/**
 * Returns the English name of a country. Creates the formatter on demand, because this takes milliseconds and most
 * checks need no name.
 */
const nameOf = (country: string | undefined) =>
  country === undefined ? 'a number without a country' : new Intl.DisplayNames('en', { type: 'region' }).of(country);

type Token = NonNullable<Awaited<ReturnType<ReturnType<typeof createLeasedTokens>['take']>>>;

/** The tokens that an SMS took from the shared limits, or a description of the limit that has none left. */
type SharedTokens = { tokens: Token[] } | { because: string };

/**
 * Creates the limits against fraud. An attacker who owns premium numbers earns from every SMS to these numbers, so a
 * registration form that sends SMS is a target. The limits apply across all instances and are checked before a provider
 * is called. An SMS counts once, for the time at which it was requested. A delayed SMS therefore does not use today's
 * limits, and a backlog is not mistaken for a flood.
 */
export function createSmsLimits({ client, tableName, pseudonym, settings, now, newId, count }: LimitsOptions) {
  const { countries, perPhoneAndHour, perCountryAndMinute, perDay } = settings;
  const leases = createLeasedTokens({
    store: createTokenStore({ client, tableName, now, keptSeconds: RETENTION_SECONDS }),
    onLease(key, before, after) {
      const threshold = Math.ceil(perDay * NEARLY_SPENT);
      if (key.startsWith(DAY) && before < threshold && threshold <= after) count({ TextBudgetNearlySpent: 1 });
    },
  });

  async function read(Key: { pk: string }) {
    const { Item } = await client.send(new GetCommand({ TableName: tableName, Key, ConsistentRead: true }));
    return Item;
  }

  /**
   * Counts an SMS towards the hourly limit of its phone. This limit is checked after all other limits, so a message
   * that is counted here has passed every limit.
   * @returns `passed` if the message is counted now; `known` if an earlier call counted it; `over` if the phone's limit
   * for the hour is reached
   */
  async function countForPhone(key: string, messageId: string): Promise<'passed' | 'known' | 'over'> {
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
            ':expires': Math.ceil(now().getTime() / 1000) + RETENTION_SECONDS,
          },
          ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
        }),
      );
      return 'passed';
    } catch (error) {
      if (!(error instanceof ConditionalCheckFailedException)) throw error;
      const item = error.Item ? unmarshall(error.Item) : {};
      if (!item.messages?.has(messageId)) return 'over';
      // If the item has the ID of this attempt, the SDK retried a write that had succeeded, so the message passed now.
      return item.attempt === attempt ? 'passed' : 'known';
    }
  }

  /**
   * Takes a token of the country and a token of the day. Takes the country's token first, so that an SMS over the limit
   * of its country does not use a token of the day.
   */
  async function takeShared(country: string | undefined, at: string): Promise<SharedTokens> {
    const countryToken = await leases.take(`country#${country ?? '?'}#${at.slice(0, 16)}`, perCountryAndMinute);
    if (!countryToken) {
      return {
        because: `${nameOf(country)} already received ${perCountryAndMinute} SMS in this minute (setting sms.perCountryAndMinute)`,
      };
    }
    const dayToken = await leases.take(`${DAY}${at.slice(0, 10)}`, perDay);
    if (dayToken) return { tokens: [countryToken, dayToken] };
    countryToken.giveBack();
    return { because: `the daily budget of ${perDay} SMS is used up (setting sms.perDay)` };
  }

  function heldError(because: string): HeldError {
    count({ TextsHeld: 1 });
    return new HeldError(because);
  }

  return {
    /**
     * @throws {KnownOptOutError} if the phone has opted out, even if an operator released the SMS; {@link HeldError}
     * with the setting in the message, if the country is not allowed or a limit is exceeded
     */
    async check({ to, country, idempotencyKey, requestedAt, released }: SmsToCheck): Promise<void> {
      if (!released && countries !== 'all' && !(country && countries.includes(country))) {
        throw heldError(
          `SMS to ${nameOf(country)} are not allowed; allowed countries: ${countries.map(nameOf).join(', ')} (setting sms.countries)`,
        );
      }
      const at = requestedAt.toISOString();
      const phone = await pseudonym(to);
      const key = `phone#${phone}#${at.slice(0, 13)}`;
      if (await read(optOutKey(phone))) throw new KnownOptOutError();
      if (released) return;
      const shared = await takeShared(country, at);
      if ('because' in shared) {
        const passed = (await read({ pk: key }))?.messages as Set<string> | undefined;
        if (passed?.has(idempotencyKey)) return;
        throw heldError(shared.because);
      }
      const counted = await countForPhone(key, idempotencyKey);
      if (counted === 'passed') return;
      for (const token of shared.tokens) token.giveBack();
      if (counted === 'over') {
        throw heldError(
          `this phone already received ${perPhoneAndHour} SMS in this hour (setting sms.perPhoneAndHour)`,
        );
      }
    },
  };
}
