import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import {
  BatchGetCommand,
  type DynamoDBDocumentClient,
  UpdateCommand,
  type UpdateCommandInput,
} from '@aws-sdk/lib-dynamodb';
import { parsePhoneNumberFromString } from 'libphonenumber-js/min';
import type { Pseudonym } from '../../shared/aws/pseudonyms.ts';
import type { SmsSettings } from '../../shared/config/sms-settings.ts';
import { HeldError } from '../../shared/messaging/errors.ts';
import { KnownOptOutError, optOutKey } from './opt-outs.ts';

export interface LimitsOptions {
  client: DynamoDBDocumentClient;
  /** `pk` = what is counted, and when. */
  tableName: string;
  /** Of phones, in keys. */
  pseudonym: Pseudonym;
  settings: Pick<SmsSettings, 'countries' | 'perPhoneAndHour' | 'perCountryAndMinute' | 'perDay'>;
  now: () => Date;
  /** Told once when four fifths of the day's budget are used, and of each text that is held back. */
  count: (values: Record<string, number>) => void;
}

export type SmsLimits = ReturnType<typeof createSmsLimits>;

export interface ToCheck {
  /** E.164. */
  to: string;
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

export const countryOf = (phone: string) => parsePhoneNumberFromString(phone)?.country;

const names = new Intl.DisplayNames('en', { type: 'region' });

/**
 * Limits against fraud: whoever controls premium numbers earns from every text to them, so a registration form that sends
 * texts is money. They hold over all instances, and are checked before a provider is called. A text counts once, and for
 * the time when it was asked for: so one that had to wait is none of today's, and a backlog is no flood.
 */
export function createSmsLimits({ client, tableName, pseudonym, settings, now, count }: LimitsOptions) {
  const { countries, perPhoneAndHour, perCountryAndMinute, perDay } = settings;

  /** @returns nothing, if the condition refuses */
  async function update(key: string, input: Omit<UpdateCommandInput, 'TableName' | 'Key'>) {
    const expiresAt = Math.ceil(now().getTime() / 1000) + KEPT_SECONDS;
    try {
      const { Attributes = {} } = await client.send(
        new UpdateCommand({
          ...input,
          TableName: tableName,
          Key: { pk: key },
          UpdateExpression: `${input.UpdateExpression} SET expiresAt = :expires`,
          ExpressionAttributeValues: { ...input.ExpressionAttributeValues, ':expires': expiresAt },
        }),
      );
      return Attributes;
    } catch (error) {
      if (error instanceof ConditionalCheckFailedException) return undefined;
      throw error;
    }
  }

  /** @returns how many there are by now, or nothing if there may be no more */
  async function countOne(key: string, most: number): Promise<number | undefined> {
    const counted = await update(key, {
      UpdateExpression: 'ADD texts :one',
      ConditionExpression: 'attribute_not_exists(texts) OR texts < :most',
      ExpressionAttributeValues: { ':one': 1, ':most': most },
      ReturnValues: 'ALL_NEW',
    });
    return counted?.texts;
  }

  /** What the phone got in an hour, and whether it has opted out, in one call: an opt-out costs a read unit more. */
  async function look(hourKey: string, phonePseudonym: string): Promise<{ passed: Set<string>; hasOptedOut: boolean }> {
    const optOut = optOutKey(phonePseudonym);
    const { Responses, UnprocessedKeys = {} } = await client.send(
      new BatchGetCommand({
        RequestItems: { [tableName]: { Keys: [{ pk: hourKey }, optOut], ConsistentRead: true } },
      }),
    );
    if (Object.keys(UnprocessedKeys).length > 0) throw new Error(`${tableName} answered a part of what was asked`);
    const items = Responses?.[tableName] ?? [];
    const passed = items.find(({ pk }) => pk === hourKey)?.messages as Set<string> | undefined;
    return { passed: passed ?? new Set(), hasOptedOut: items.some(({ pk }) => pk === optOut.pk) };
  }

  /**
   * Last of all: a message that is known here has passed every limit. What is refused only here was counted for country and
   * day: at most the texts to one phone that are under way at the same moment; so is one whose function dies before this,
   * once more for each try.
   * @returns whether it may be sent
   */
  async function note(key: string, messageId: string): Promise<boolean> {
    const noted = await update(key, {
      UpdateExpression: 'ADD messages :message',
      ConditionExpression: 'attribute_not_exists(messages) OR size(messages) < :most',
      ExpressionAttributeValues: { ':message': new Set([messageId]), ':most': perPhoneAndHour },
    });
    return noted !== undefined;
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
    async check({ to, idempotencyKey, askedAt, released }: ToCheck): Promise<void> {
      const country = countryOf(to);
      const name = country ? names.of(country) : 'a number of no country';
      if (!released && countries !== 'all' && !(country && countries.includes(country))) {
        throw held(
          `texts may not go to ${name}; allowed: ${countries.map((code) => names.of(code)).join(', ')} (setting sms.countries)`,
        );
      }
      const at = askedAt.toISOString();
      const hour = at.slice(0, 13);
      const overPhone = `this phone got ${perPhoneAndHour} texts in this hour (setting sms.perPhoneAndHour)`;
      const phone = await pseudonym(to);
      const key = `phone#${phone}#${hour}`;
      const { passed, hasOptedOut } = await look(key, phone);
      if (hasOptedOut) throw new KnownOptOutError();
      if (released || passed.has(idempotencyKey)) return;
      if (passed.size >= perPhoneAndHour) throw held(overPhone);
      // From the narrow to the wide: what a country may not have does not spend the day of all others. What the day refuses
      // is counted for a minute of that day, in which nothing passes any more.
      const ofCountry = await countOne(`country#${country ?? '?'}#${at.slice(0, 16)}`, perCountryAndMinute);
      if (ofCountry === undefined) {
        throw held(`${name} got ${perCountryAndMinute} texts in this minute (setting sms.perCountryAndMinute)`);
      }
      const texts = await countOne(`day#${at.slice(0, 10)}`, perDay);
      if (texts === undefined) throw held(`the day's budget of ${perDay} texts is spent (setting sms.perDay)`);
      if (texts === Math.ceil(perDay * NEARLY_SPENT)) count({ TextBudgetNearlySpent: 1 });
      if (!(await note(key, idempotencyKey))) throw held(overPhone);
    },
  };
}
