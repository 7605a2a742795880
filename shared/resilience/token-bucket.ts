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

/** How long an empty bucket takes to be full. */
export const secondsToFill = ({ burst, perMinute }: Rate): number => Math.ceil((burst * 60) / perMinute);

export interface TokenBucketsOptions {
  client: DynamoDBDocumentClient;
  /** `pk` = key of the bucket. */
  tableName: string;
  now: () => Date;
}

export type TokenBuckets = ReturnType<typeof createTokenBuckets>;

/** So many buckets this instance knows by heart. */
const MOST_REMEMBERED = 10_000;

/**
 * Token buckets that hold across instances, one item each: the generic cell rate algorithm, which keeps one moment, when
 * the bucket will be full again, and is the same as a token bucket (ITU-T I.371). One write a token, a second one where
 * others took some meanwhile; while it is empty, this instance asks no more.
 */
export function createTokenBuckets({ client, tableName: TableName, now }: TokenBucketsOptions) {
  /** When a bucket will be full, as far as this instance knows: never sooner, as it only moves on. */
  const known = new Map<string, number>();

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
    const fromNow = () =>
      update({
        Key,
        UpdateExpression: 'SET fullAt = :next, expiresAt = :expires',
        ConditionExpression: 'attribute_not_exists(fullAt) OR fullAt <= :at',
        ExpressionAttributeValues: { ':at': at, ':next': at + each, ...expires },
      });
    const fromThen = () =>
      update({
        Key,
        UpdateExpression: 'SET fullAt = fullAt + :each, expiresAt = :expires',
        ConditionExpression: 'fullAt > :at AND fullAt <= :last',
        ExpressionAttributeValues: { ':at': at, ':each': each, ':last': latest - each, ...expires },
      });
    if ((known.get(key) ?? 0) > at) return fromThen();
    const first = await fromNow();
    return first.done || first.fullAt + each > latest ? first : fromThen();
  }

  /** A bucket now. `known`: the refusal of a token, if this instance knows that there is none. */
  function look(key: string, { burst, perMinute }: Rate, patienceMs: number) {
    const at = now().getTime();
    const each = 60_000 / perMinute;
    const capacity = at + burst * each;
    const refused = (fullAt: number): Taken => ({
      allowed: false,
      waitMs: Math.max(1, Math.ceil(fullAt + each - capacity)),
      remaining: 0,
      fullInMs: Math.ceil(fullAt - at),
    });
    const before = known.get(key) ?? 0;
    return { at, each, capacity, refused, known: before + each > capacity + patienceMs ? refused(before) : undefined };
  }

  return {
    /** The refusal of a token, if this instance knows without asking that there is none. Takes none. */
    knownRefusal: (key: string, rate: Rate): Taken | undefined => look(key, rate, 0).known,

    /**
     * Takes a token.
     * @param patienceMs takes one that there will be within so long, too
     */
    async take(key: string, rate: Rate, patienceMs = 0): Promise<Taken> {
      const { at, each, capacity, refused, known: refusal } = look(key, rate, patienceMs);
      if (refusal) return refusal;

      const { done, fullAt } = await postpone(key, at, each, capacity + patienceMs);
      if (known.size >= MOST_REMEMBERED) known.clear();
      known.set(key, Math.max(fullAt, known.get(key) ?? 0));
      if (!done) return refused(fullAt);
      return {
        allowed: true,
        waitMs: Math.max(0, Math.ceil(fullAt - capacity)),
        remaining: Math.max(0, Math.floor((capacity - fullAt) / each)),
        fullInMs: Math.ceil(fullAt - at),
      };
    },
  };
}
