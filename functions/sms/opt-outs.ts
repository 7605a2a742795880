import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import { DeleteCommand, type DynamoDBDocumentClient, PutCommand } from '@aws-sdk/lib-dynamodb';
import type { Pseudonym } from '../../shared/aws/pseudonyms.ts';
import { MessagingError } from '../../shared/messaging/errors.ts';
import { RejectedError } from '../../shared/resilience/errors.ts';

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
 * twice and in the wrong order: a delayed opt-in does not undo a later opt-out; a delayed opt-out does undo an opt-in, as
 * the safer of the two.
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
  return {
    /** @param by who said so, such as `sms-twilio` */
    async add(phone: string, at: Date, by: string): Promise<void> {
      const Item = { ...optOutKey(await pseudonym(phone)), since: at.toISOString(), by };
      await client.send(new PutCommand({ TableName: tableName, Item }));
    },

    async remove(phone: string, at: Date): Promise<void> {
      const remove = new DeleteCommand({
        TableName: tableName,
        Key: optOutKey(await pseudonym(phone)),
        ConditionExpression: 'attribute_not_exists(pk) OR since <= :at',
        ExpressionAttributeValues: { ':at': at.toISOString() },
      });
      await client.send(remove).catch((error: Error) => {
        if (!(error instanceof ConditionalCheckFailedException)) throw error;
      });
    },
  };
}
