import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import { type DynamoDBDocumentClient, UpdateCommand, type UpdateCommandInput } from '@aws-sdk/lib-dynamodb';
import { parsePhoneNumberFromString } from 'libphonenumber-js/min';
import type { SmsSettings } from '../../shared/config/sms-settings.ts';
import { HeldError } from '../../shared/messaging/errors.ts';

export interface LimitsOptions {
  client: DynamoDBDocumentClient;
  /** `pk` = what is counted, and when. */
  tableName: string;
  settings: Pick<SmsSettings, 'countries' | 'perPhoneAndHour' | 'perCountryAndMinute' | 'perDay'>;
  now: () => Date;
  /** Told once when four fifths of the day's budget are used, and of each text that is held back. */
  count: (values: Record<string, number>) => void;
}

export type SmsLimits = ReturnType<typeof createSmsLimits>;

/** Counters outlive the hour, minute or day that they are of. */
const KEPT_SECONDS = 2 * 24 * 3600;
const NEARLY_SPENT = 0.8;

const names = new Intl.DisplayNames('en', { type: 'region' });

/**
 * Limits against fraud: whoever controls premium numbers earns from every text to them, so a registration form that sends
 * texts is money. They hold over all instances, and are checked before a provider is called.
 */
export function createSmsLimits({ client, tableName, settings, now, count }: LimitsOptions) {
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

  /** Counted by the messages themselves, so that one that comes again is no other. @returns whether it is new */
  async function countPhone(to: string, messageId: string, hour: string): Promise<boolean | undefined> {
    const before = await update(`phone#${to}#${hour}`, {
      UpdateExpression: 'ADD messages :message',
      ConditionExpression: 'attribute_not_exists(messages) OR size(messages) < :most OR contains(messages, :id)',
      ExpressionAttributeValues: { ':message': new Set([messageId]), ':id': messageId, ':most': perPhoneAndHour },
      ReturnValues: 'ALL_OLD',
    });
    return before && !(before.messages as Set<string> | undefined)?.has(messageId);
  }

  function held(because: string): HeldError {
    count({ TextsHeld: 1 });
    return new HeldError(because);
  }

  return {
    /** @throws {HeldError} that says which limit, if one does not let the text pass */
    async check(to: string, messageId: string): Promise<void> {
      const country = parsePhoneNumberFromString(to)?.country;
      const name = country ? names.of(country) : 'a number of no country';
      if (countries !== 'all' && !(country && countries.includes(country))) {
        throw held(
          `texts may not go to ${name}; allowed: ${countries.map((code) => names.of(code)).join(', ')} (setting sms.countries)`,
        );
      }
      const at = now().toISOString();
      const isNew = await countPhone(to, messageId, at.slice(0, 13));
      if (isNew === undefined) {
        throw held(`this phone got ${perPhoneAndHour} texts in this hour (setting sms.perPhoneAndHour)`);
      }
      if (!isNew) return;
      const minute = `country#${country ?? '?'}#${at.slice(0, 16)}`;
      if ((await countOne(minute, perCountryAndMinute)) === undefined) {
        throw held(`${name} got ${perCountryAndMinute} texts in this minute (setting sms.perCountryAndMinute)`);
      }
      const today = await countOne(`day#${at.slice(0, 10)}`, perDay);
      if (today === undefined) throw held(`today's budget of ${perDay} texts is spent (setting sms.perDay)`);
      if (today === Math.ceil(perDay * NEARLY_SPENT)) count({ TextBudgetNearlySpent: 1 });
    },
  };
}
