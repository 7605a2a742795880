import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import { type DynamoDBDocumentClient, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import type { Taken, TokenStore } from './leased-tokens.ts';

export interface TokenStoreOptions {
  client: DynamoDBDocumentClient;
  /** Table name. Key: `pk` = limit and time window. */
  tableName: string;
  now: () => Date;
  /** How long the table keeps a count. */
  keptSeconds: number;
}

/** The stored attribute for the number of tokens is called `texts`. */
const takenIn = ({ texts = 0, ahead = 0 }: Record<string, number> = {}): Taken => ({ tokens: texts, ahead });

/**
 * Creates a token store with one item for each limit and time window.
 * @beta
 */
export function createTokenStore({ client, tableName, now, keptSeconds }: TokenStoreOptions): TokenStore {
  return {
    async take(key, { tokens, ahead }, limit, mostAhead) {
      try {
        const { Attributes } = await client.send(
          new UpdateCommand({
            TableName: tableName,
            Key: { pk: key },
            UpdateExpression: 'ADD texts :tokens, ahead :ahead SET expiresAt = :expires',
            ConditionExpression:
              '(attribute_not_exists(texts) OR texts <= :limit) AND (attribute_not_exists(ahead) OR ahead <= :mostAhead)',
            ExpressionAttributeValues: {
              ':tokens': tokens,
              ':ahead': ahead,
              ':limit': limit - tokens,
              ':mostAhead': mostAhead - ahead,
              ':expires': Math.ceil(now().getTime() / 1000) + keptSeconds,
            },
            ReturnValues: 'ALL_NEW',
            ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
          }),
        );
        return { granted: true, taken: takenIn(Attributes) };
      } catch (error) {
        if (!(error instanceof ConditionalCheckFailedException)) throw error;
        return { granted: false, taken: takenIn(error.Item && unmarshall(error.Item)) };
      }
    },
  };
}
