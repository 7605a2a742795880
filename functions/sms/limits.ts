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
  /** `pk` = what is counted, and when. */
  tableName: string;
  /** Of phones, in keys. */
  pseudonym: Pseudonym;
  settings: Pick<SmsSettings, 'countries' | 'perPhoneAndHour' | 'perCountryAndMinute' | 'perDay'>;
  now: () => Date;
  newId: () => string;
  /** Told once when four fifths of the day's budget are taken, and of each text that is held back. */
  count: (values: Record<string, number>) => void;
}

export type SmsLimits = ReturnType<typeof createSmsLimits>;

export interface ToCheck {
  /** E.164. */
  to: string;
  /** Of the phone (ISO 3166-1 alpha-2). */
  country?: string | undefined;
  /** Of the message that asks for the text. */
  idempotencyKey: string;
  /** When the text was asked for. */
  askedAt: Date;
  /** Whether a person lifted the limits for it. */
  released: boolean;
}

/** Counters outlive the longest that a text may wait: 14 days in its queue. */
const KEPT_SECONDS = 16 * 24 * 3600;
const NEARLY_SPENT = 0.8;
const DAY = 'day#';

/** Made when it is needed: Intl's formats take milliseconds, and most functions never name a country. */
const nameOf = (country: string | undefined) =>
  country === undefined ? 'a number of no country' : new Intl.DisplayNames('en', { type: 'region' }).of(country);

type Token = NonNullable<Awaited<ReturnType<ReturnType<typeof createLeasedTokens>['take']>>>;

/** What a text has taken of the limits that many texts share; `because`: what they have not left. */
type Shared = { tokens: Token[] } | { because: string };

/**
 * Limits against fraud: whoever controls premium numbers earns from every text to them, so a registration form that sends
 * texts is money. They hold over all instances, and are checked before a provider is called. A text counts once, and for
 * the time when it was asked for: so one that had to wait is none of today's, and a backlog is no flood.
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
   * Counts a text for its phone, last of all: a message that is known there has passed every limit.
   * @returns `known`: it has passed before, and is not counted again; `over`: the phone gets no more in this hour
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
      // The SDK tried again what was written the first time: the tokens of this attempt are used.
      return item.attempt === attempt ? 'passed' : 'known';
    }
  }

  /** From the narrow to the wide: what the country is refused is not counted for the day. */
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
     * @throws {KnownOptOutError} if the phone wants no texts: whatever a person released, it gets none.
     * {@link HeldError} that says which limit, if one does not let the text pass
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
