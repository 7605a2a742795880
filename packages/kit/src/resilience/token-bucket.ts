import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import { type DynamoDBDocumentClient, UpdateCommand, type UpdateCommandInput } from '@aws-sdk/lib-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';

/** A rate limit: `burst` tokens at once, and `perMinute` tokens on average. */
export interface Rate {
  burst: number;
  perMinute: number;
}

export interface Taken {
  /** Whether a token was available, now or within the time that the caller can wait. */
  allowed: boolean;
  /** How long to wait for the token that was taken or, if no token was taken, for the next token. */
  waitMs: number;
  /** Tokens left. */
  remaining: number;
  /** Time until the bucket is full again. */
  fullInMs: number;
}

/** Several tokens taken by one write. */
export interface ManyTaken extends Pick<Taken, 'remaining' | 'fullInMs'> {
  /** How long to wait for each token that was taken. */
  waits: number[];
  /** How long to wait for the next token. */
  nextMs: number;
}

/** How long an empty bucket takes to fill. */
export const secondsToFill = ({ burst, perMinute }: Rate): number => Math.ceil((burst * 60) / perMinute);

export interface TokenBucketsOptions {
  client: DynamoDBDocumentClient;
  /** `pk` = key of the bucket. */
  tableName: string;
  now: () => Date;
}

/** Tolerance for the rounding errors of sums of fractions of a millisecond. */
const ROUNDING = 1e-6;
/** Maximum number of buckets cached by one instance. */
const MAX_REMEMBERED = 10_000;

/**
 * Creates token buckets that all instances share. Each bucket is one item. Uses the generic cell rate algorithm (GCRA),
 * which stores only the time when the bucket will be full again and is equivalent to a token bucket (ITU-T I.371).
 * Taking a token usually needs one write, or two writes if other instances took tokens in between. While an instance's
 * cache shows that a bucket is empty, the instance refuses tokens without a write.
 * @beta
 */
export function createTokenBuckets({ client, tableName: TableName, now }: TokenBucketsOptions) {
  /** When each bucket will be full, from the last write of this instance. The time never decreases. */
  const fullTimes = new Map<string, number>();

  /** @returns the time when the bucket will be full; if the condition failed, the stored time */
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

  /**
   * Advances the time when the bucket will be full, which GCRA calls the theoretical arrival time, by `by`
   * milliseconds: from now if the stored time is in the past, otherwise from the stored time. Changes nothing if the
   * stored time would become later than `latest`.
   */
  async function advance(key: string, at: number, by: number, latest: number) {
    const Key = { pk: key };
    const expires = { ':expires': Math.ceil(latest / 1000) + 60 };
    const fromNow = () =>
      update({
        Key,
        UpdateExpression: 'SET fullAt = :next, expiresAt = :expires',
        ConditionExpression: 'attribute_not_exists(fullAt) OR fullAt <= :at',
        ExpressionAttributeValues: { ':at': at, ':next': at + by, ...expires },
      });
    const fromStored = () =>
      update({
        Key,
        UpdateExpression: 'SET fullAt = fullAt + :by, expiresAt = :expires',
        ConditionExpression: 'fullAt > :at AND fullAt <= :last',
        ExpressionAttributeValues: { ':at': at, ':by': by, ':last': latest - by, ...expires },
      });
    if ((fullTimes.get(key) ?? 0) > at) return fromStored();
    const first = await fromNow();
    return first.done || first.fullAt + by > latest ? first : fromStored();
  }

  /**
   * Takes as many tokens as are available, at most `most`.
   * @returns the number of tokens, and the time when the bucket will be full
   */
  async function takeUpTo(key: string, at: number, msPerToken: number, most: number, latest: number) {
    for (;;) {
      const before = fullTimes.get(key) ?? 0;
      const tokens = Math.min(most, tokensBetween(Math.max(before, at), latest, msPerToken));
      if (tokens < 1) return { tokens: 0, fullAt: before };
      const { done, fullAt } = await advance(key, at, tokens * msPerToken, latest);
      if (fullTimes.size >= MAX_REMEMBERED) fullTimes.clear();
      fullTimes.set(key, Math.max(fullAt, before, fullTimes.get(key) ?? 0));
      if (done) return { tokens, fullAt };
      if (fullAt <= before) return { tokens: 0, fullAt };
    }
  }

  async function takeMany(key: string, { burst, perMinute }: Rate, most: number, patienceMs = 0): Promise<ManyTaken> {
    const at = now().getTime();
    const msPerToken = 60_000 / perMinute;
    const fullAtIfEmpty = at + burst * msPerToken;
    const { tokens, fullAt } = await takeUpTo(key, at, msPerToken, most, fullAtIfEmpty + patienceMs);
    return {
      waits: Array.from({ length: tokens }, (_, index) =>
        Math.max(0, Math.ceil(fullAt - (tokens - 1 - index) * msPerToken - fullAtIfEmpty)),
      ),
      ...contentOf(fullAt, at, msPerToken, fullAtIfEmpty),
    };
  }

  return {
    takeMany,

    /** @returns a refusal if the cache of this instance shows that no token is left; otherwise undefined. Takes no token. */
    knownRefusal(key: string, { burst, perMinute }: Rate): Taken | undefined {
      const at = now().getTime();
      const msPerToken = 60_000 / perMinute;
      const fullAtIfEmpty = at + burst * msPerToken;
      const fullAt = fullTimes.get(key) ?? 0;
      if (tokensBetween(fullAt, fullAtIfEmpty, msPerToken) >= 1) return undefined;
      const { nextMs: waitMs, ...content } = contentOf(fullAt, at, msPerToken, fullAtIfEmpty);
      return { allowed: false, waitMs, ...content };
    },

    /**
     * Takes a token.
     * @param patienceMs how long the caller can wait: also takes a token that becomes available within this time
     */
    async take(key: string, rate: Rate, patienceMs = 0): Promise<Taken> {
      const { waits, nextMs, remaining, fullInMs } = await takeMany(key, rate, 1, patienceMs);
      const [waitMs] = waits;
      if (waitMs === undefined) return { allowed: false, waitMs: nextMs, remaining: 0, fullInMs };
      return { allowed: true, waitMs, remaining, fullInMs };
    },
  };
}

const tokensBetween = (from: number, latest: number, msPerToken: number) =>
  Math.floor((latest - from) / msPerToken + ROUNDING);

/** The content of a bucket that will be full at a given time. */
const contentOf = (fullAt: number, at: number, msPerToken: number, fullAtIfEmpty: number) => ({
  nextMs: Math.max(1, Math.ceil(fullAt + msPerToken - fullAtIfEmpty)),
  remaining: Math.max(0, Math.floor((fullAtIfEmpty - fullAt) / msPerToken)),
  fullInMs: Math.ceil(fullAt - at),
});
