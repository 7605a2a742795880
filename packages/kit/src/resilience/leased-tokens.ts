/** The tokens of a limit that all instances have taken in one time window. */
export interface Taken {
  /** Tokens taken, whether they were used or not. Never more than the limit. */
  tokens: number;
  /** The part of these tokens that instances took ahead of need, and may never use. */
  ahead: number;
}

/** Storage of the counts of limits, shared by all instances. */
export interface TokenStore {
  /**
   * Takes tokens unless the total would exceed `limit`, or the tokens ahead of need would exceed `mostAhead`.
   * @param taking the number of tokens to take; `ahead` is the change of this instance's tokens ahead of need
   * @returns whether the tokens were taken, and the current totals
   */
  take(key: string, taking: Taken, limit: number, mostAhead: number): Promise<{ granted: boolean; taken: Taken }>;
}

export interface LeasedTokensOptions {
  store: TokenStore;
  /**
   * Waits briefly, so that one write takes tokens for concurrent requests. Default: until the event loop's next turn.
   */
  gathered?: () => Promise<void>;
  /** Called for each lease with the number of taken tokens before and after the lease. */
  onLease?: (key: string, before: number, after: number, limit: number) => void;
}

export interface Token {
  /** Returns an unused token. */
  giveBack(): void;
}

/** Maximum share of a limit that all instances together may take ahead of need. */
const MAX_AHEAD_SHARE = 1 / 20;
/**
 * Ahead of need, an instance takes at most this share of the tokens that it has used, or {@link MIN_ROOM_SHARE} of the
 * room if that is more. A busy instance therefore loses more tokens when it ends than an instance with little use.
 */
const OWN_USE_SHARE = 1 / 4;
/**
 * The room is the number of tokens that all instances may still take ahead of need. An instance may take this share of
 * the room even if {@link OWN_USE_SHARE} allows less, so that the first lease under a high limit has more than one
 * token.
 */
const MIN_ROOM_SHARE = 1 / 256;
/**
 * Ahead of need, a lease takes at most this share of the room. Therefore, each of M busy instances ends up with the
 * fraction 1 / (M + 3) of all the tokens that may be taken ahead of need.
 */
const MAX_ROOM_SHARE = 1 / 4;
/**
 * Ahead of need, a lease takes at most this share of the limit's remaining tokens. Near the limit, a lease therefore
 * shrinks to the tokens needed now.
 */
const MAX_REMAINING_SHARE = 1 / 32;
/** Maximum number of windows that one instance caches. */
const MAX_REMEMBERED = 1_000;

const mostAheadOf = (limit: number): number => Math.floor(limit * MAX_AHEAD_SHARE);

/**
 * The number of tokens to lease: the tokens needed now, and tokens ahead of need.
 * @param own the number of tokens that this instance took ahead of need. The instance has used all of these tokens, so
 * it may take the same number again
 */
export function leaseSize(
  limit: number,
  taken: Taken,
  { need, used, own }: { need: number; used: number; own: number },
) {
  const remaining = limit - taken.tokens;
  const needed = Math.max(0, Math.min(need, remaining));
  const room = Math.max(0, mostAheadOf(limit) - taken.ahead + own);
  const wanted = Math.max(used * OWN_USE_SHARE, room * MIN_ROOM_SHARE);
  const ahead = Math.max(
    0,
    Math.floor(Math.min(wanted, room * MAX_ROOM_SHARE, (remaining - needed) * MAX_REMAINING_SHARE)),
  );
  return { needed, ahead };
}

/** The tokens of a limit that an instance holds in one window. */
interface Holding {
  tokens: number;
  /** The last totals that this instance read. The total of `tokens` never decreases. */
  taken: Taken;
  /** Tokens of the instance's last lease that were ahead of need. */
  ahead: number;
  used: number;
  waiting: number;
  leasing: Promise<void> | undefined;
}

/**
 * Creates rate limits that all instances share. Most uses need no write, because an instance leases several tokens
 * before it needs them, and keeps them across invocations. The limit is never exceeded. The store also limits the
 * tokens taken ahead of need to 5 % of the limit. Therefore, at least 95 % of the limit is usable even if instances end
 * or are idle. When no more tokens may be taken ahead of need, an instance leases only the tokens that it needs now.
 * @beta
 */
export function createLeasedTokens({ store, gathered = nextTurn, onLease }: LeasedTokensOptions) {
  const holdings = new Map<string, Holding>();

  function holdingOf(key: string): Holding {
    const existing = holdings.get(key);
    if (existing) return existing;
    const [oldest] = holdings.keys();
    if (holdings.size >= MAX_REMEMBERED && oldest !== undefined) holdings.delete(oldest);
    const taken = { tokens: 0, ahead: 0 };
    const holding = { tokens: 0, taken, ahead: 0, used: 0, waiting: 0, leasing: undefined };
    holdings.set(key, holding);
    return holding;
  }

  async function lease(holding: Holding, key: string, limit: number): Promise<void> {
    await gathered();
    for (;;) {
      const { needed, ahead } = leaseSize(limit, holding.taken, {
        ...holding,
        need: holding.waiting,
        own: holding.ahead,
      });
      if (needed === 0) return;
      const taking = { tokens: needed + ahead, ahead: ahead - holding.ahead };
      const { granted, taken } = await store.take(key, taking, limit, mostAheadOf(limit));
      holding.taken = taken;
      // Other instances took tokens first. This instance now knows the new totals and tries again with a smaller lease.
      if (!granted) continue;
      holding.tokens += taking.tokens;
      holding.ahead = ahead;
      onLease?.(key, taken.tokens - taking.tokens, taken.tokens, limit);
      return;
    }
  }

  return {
    /**
     * @param key the limit and the time window
     * @returns a token, which is used up unless `giveBack` returns it; undefined if the limit is reached
     */
    async take(key: string, limit: number): Promise<Token | undefined> {
      const holding = holdingOf(key);
      while (holding.tokens === 0) {
        if (holding.taken.tokens >= limit) return undefined;
        holding.waiting++;
        holding.leasing ??= lease(holding, key, limit).finally(() => {
          holding.leasing = undefined;
        });
        await holding.leasing.finally(() => {
          holding.waiting--;
        });
      }
      holding.tokens--;
      holding.used++;
      return {
        giveBack() {
          holding.tokens++;
          holding.used--;
        },
      };
    },
  };
}

const nextTurn = () => new Promise<void>((resolve) => setImmediate(resolve));
