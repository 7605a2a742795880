import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import { DeleteCommand, type DynamoDBDocumentClient, PutCommand } from '@aws-sdk/lib-dynamodb';
import { MessagingError } from '@rollcall/kit/messaging';
import { RejectedError } from '@rollcall/kit/resilience';
import type { Pseudonym } from '../../shared/pseudonyms.ts';

/** A provider says that whoever has the phone wants no texts. */
export class OptedOutError extends RejectedError {
  override readonly name = 'OptedOutError';
}

/** That whoever has the phone wants no texts is known: no provider was asked. */
export class KnownOptOutError extends MessagingError {
  override readonly name = 'KnownOptOutError';

  constructor() {
    super('this phone has opted out of texts');
  }
}

/** Where an opt-out is kept, among the limits of texts. It has no expiry: it holds until the person opts in. */
export const optOutKey = (pseudonym: string) => ({ pk: `opted-out#${pseudonym}` });

export type OptOuts = ReturnType<typeof createOptOuts>;

/**
 * Phones that want no texts, whoever registered with them and whichever provider would send. Providers may tell late,
 * twice and in the wrong order: the latest opt-out counts, and a delayed opt-in does not undo a later one; a delayed
 * opt-out does undo an opt-in, as the safer of the two.
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
    /** @param by who said so, such as `sms-twilio` */
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
