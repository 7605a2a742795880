import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import { type DynamoDBDocumentClient, UpdateCommand, type UpdateCommandInput } from '@aws-sdk/lib-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';

/** `burst` at once, and `perMinute` in the long run. */
export interface Rate {
  burst: number;
  perMinute: number;
}

export interface Taken {
  /** Whether there was a token, now or within the patience of who took it. */
  allowed: boolean;
  /** How long to wait: for the token that was taken, or for the next that there will be. */
  waitMs: number;
  /** Tokens that are left. */
  remaining: number;
  /** Until the bucket is full again. */
  fullInMs: number;
}

export interface TokenBucketsOptions {
  client: DynamoDBDocumentClient;
  /** `pk` = key of the bucket. */
  tableName: string;
  now: () => Date;
}

export type TokenBuckets = ReturnType<typeof createTokenBuckets>;

/** So many empty buckets this instance knows by heart. */
const MOST_REMEMBERED = 10_000;

/**
 * Token buckets that hold across instances, one item each: the generic cell rate algorithm, which keeps one moment, when
 * the bucket will be full again, and is the same as a token bucket (ITU-T I.371). One write for each token; while it is
 * empty, this instance asks no more.
 */
export function createTokenBuckets({ client, tableName: TableName, now }: TokenBucketsOptions) {
  const emptyUntil = new Map<string, number>();

  /** @returns the moment when it will be full, before the write if that was refused */
  async function update(input: Omit<UpdateCommandInput, 'TableName'>): Promise<{ done: boolean; fullAt: number }> {
    try {
      const { Attributes } = await client.send(
        new UpdateCommand({
          ...input,
          TableName,
          ReturnValues: 'ALL_NEW',
          ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
        }),
      );
      return { done: true, fullAt: Attributes?.fullAt };
    } catch (error) {
      if (!(error instanceof ConditionalCheckFailedException)) throw error;
      return { done: false, fullAt: error.Item ? unmarshall(error.Item).fullAt : 0 };
    }
  }

  /** Puts the moment of being full off by one token: from now, if it is past; from itself, if it is yet to come. */
  async function postpone(key: string, at: number, each: number, latest: number) {
    const Key = { pk: key };
    const expires = { ':expires': Math.ceil(latest / 1000) + 60 };
    const full = await update({
      Key,
      UpdateExpression: 'SET fullAt = :next, expiresAt = :expires',
      ConditionExpression: 'attribute_not_exists(fullAt) OR fullAt <= :at',
      ExpressionAttributeValues: { ':at': at, ':next': at + each, ...expires },
    });
    if (full.done || full.fullAt + each > latest) return full;
    return update({
      Key,
      UpdateExpression: 'SET fullAt = fullAt + :each, expiresAt = :expires',
      ConditionExpression: 'fullAt > :at AND fullAt <= :last',
      ExpressionAttributeValues: { ':at': at, ':each': each, ':last': latest - each, ...expires },
    });
  }

  return {
    /**
     * Takes a token.
     * @param patienceMs takes one that there will be within so long, too
     */
    async take(key: string, { burst, perMinute }: Rate, patienceMs = 0): Promise<Taken> {
      const at = now().getTime();
      const each = 60_000 / perMinute;
      const capacity = at + burst * each;
      const refused = (next: number): Taken => ({
        allowed: false,
        waitMs: Math.max(1, Math.ceil(next - at)),
        remaining: 0,
        fullInMs: Math.ceil(next - at + (burst - 1) * each),
      });
      const remembered = emptyUntil.get(key);
      if (remembered !== undefined && remembered > at + patienceMs) return refused(remembered);

      const { done, fullAt } = await postpone(key, at, each, capacity + patienceMs);
      if (!done) {
        const next = fullAt + each - burst * each;
        if (emptyUntil.size >= MOST_REMEMBERED) emptyUntil.clear();
        emptyUntil.set(key, next);
        return refused(next);
      }
      emptyUntil.delete(key);
      return {
        allowed: true,
        waitMs: Math.max(0, Math.ceil(fullAt - capacity)),
        remaining: Math.max(0, Math.floor((capacity - fullAt) / each)),
        fullInMs: Math.ceil(fullAt - at),
      };
    },
  };
}
