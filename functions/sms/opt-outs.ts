import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import { DeleteCommand, type DynamoDBDocumentClient, PutCommand } from '@aws-sdk/lib-dynamodb';
import { MessagingError } from '@rollcall/kit/messaging';
import { RejectedError } from '@rollcall/kit/resilience';
import type { Pseudonym } from '../../shared/pseudonyms.ts';

/** The provider reports that the recipient has opted out. */
export class OptedOutError extends RejectedError {
  override readonly name = 'OptedOutError';
}

/** The recipient is known to have opted out, so no provider was called. */
export class KnownOptOutError extends MessagingError {
  override readonly name = 'KnownOptOutError';

  constructor() {
    super('this phone has opted out of SMS');
  }
}

/**
 * The key of an opt-out in the table of SMS limits. An opt-out does not expire; it applies until the person opts in.
 */
export const optOutKey = (pseudonym: string) => ({ pk: `opted-out#${pseudonym}` });

export type OptOuts = ReturnType<typeof createOptOuts>;

/**
 * Stores the phones that have opted out. An opt-out applies to all members with the phone and to all providers.
 * Providers may report opt-outs and opt-ins late, twice and out of order. The latest opt-out applies. A delayed opt-in
 * does not cancel a later opt-out. A delayed opt-out does cancel a later opt-in, because it is safer to send no SMS.
 */
export function createOptOuts({
  client,
  tableName,
  pseudonym,
}: {
  client: DynamoDBDocumentClient;
  tableName: string;
  pseudonym: Pseudonym;
}) {
  async function write(command: PutCommand | DeleteCommand): Promise<void> {
    await client.send(command as PutCommand).catch((error: Error) => {
      if (!(error instanceof ConditionalCheckFailedException)) throw error;
    });
  }

  return {
    /** @param by the reporting provider, such as `sms-twilio` */
    async add(phone: string, at: Date, by: string): Promise<void> {
      const since = at.toISOString();
      await write(
        new PutCommand({
          TableName: tableName,
          Item: { ...optOutKey(await pseudonym(phone)), since, by },
          ConditionExpression: 'attribute_not_exists(pk) OR since < :since',
          ExpressionAttributeValues: { ':since': since },
        }),
      );
    },

    async remove(phone: string, at: Date): Promise<void> {
      await write(
        new DeleteCommand({
          TableName: tableName,
          Key: optOutKey(await pseudonym(phone)),
          ConditionExpression: 'attribute_not_exists(pk) OR since <= :at',
          ExpressionAttributeValues: { ':at': at.toISOString() },
        }),
      );
    },
  };
}
