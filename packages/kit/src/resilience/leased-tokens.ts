/** The tokens that all instances have taken of a limit in one time window. */
export interface Taken {
  /** Tokens taken, used or not: never more than the limit. */
  tokens: number;
  /** The part of these that instances took ahead of need, and may never use. */
  ahead: number;
}

/** Storage of the counts of limits, shared by all instances. */
export interface TokenStore {
  /**
   * Takes tokens unless the total would exceed `limit`, or those ahead of need `mostAhead`.
   * @param ahead change of this instance's tokens ahead of need
   * @returns the totals after the write
   */
  take(key: string, taking: Taken, limit: number, mostAhead: number): Promise<{ granted: boolean; taken: Taken }>;
}

export interface LeasedTokensOptions {
  store: TokenStore;
  /** Resolves when concurrent requests may have arrived, which are then served by the same write. */
  gathered?: () => Promise<void>;
  /** Called for each lease. */
  onLease?: (key: string, before: number, after: number, limit: number) => void;
}

export interface Token {
  /** Returns an unused token. */
  giveBack(): void;
}

/** Maximum share of a limit in the hands of instances that may never use it. */
const AHEAD_PART = 1 / 20;
/**
 * An instance takes ahead at most this share of its own use, so that what is lost when it ends is proportional to what
 * it did.
 */
const OF_OWN_USE = 1 / 4;
/**
 * If greater, this share of what may still be taken ahead: under a high limit, the first lease is more than one token.
 */
const OF_ROOM_AT_FIRST = 1 / 256;
/** At most this share of the room, so that each of M busy instances ends up with 1 / (M + 3) of it. */
const OF_ROOM = 1 / 4;
/** Near the limit, leases shrink to the tokens needed now. */
const OF_REMAINING = 1 / 32;
/** Maximum number of windows that one instance caches. */
const MAX_REMEMBERED = 1_000;

const mostAheadOf = (limit: number): number => Math.floor(limit * AHEAD_PART);

/**
 * The number of tokens to take at once: those needed now, and some ahead.
 * @param own this instance's tokens ahead of need, all used by now, so that the same number may be taken ahead again
 */
export function leaseSize(
  limit: number,
  taken: Taken,
  { need, used, own }: { need: number; used: number; own: number },
) {
  const remaining = limit - taken.tokens;
  const needed = Math.max(0, Math.min(need, remaining));
  const room = Math.max(0, mostAheadOf(limit) - taken.ahead + own);
  const wanted = Math.max(used * OF_OWN_USE, room * OF_ROOM_AT_FIRST);
  const ahead = Math.max(0, Math.floor(Math.min(wanted, room * OF_ROOM, (remaining - needed) * OF_REMAINING)));
  return { needed, ahead };
}

/** The tokens of a limit that an instance holds in one window. */
interface Pocket {
  tokens: number;
  /** As far as this instance knows: it never goes down. */
  taken: Taken;
  /** Tokens of its last lease that were ahead of need. */
  ahead: number;
  used: number;
  waiting: number;
  leasing: Promise<void> | undefined;
}

/**
 * Rate limits over all instances, without a write per use: an instance leases several tokens before it needs them, and
 * keeps them across invocations. The limit is never exceeded. Because the store counts the tokens taken ahead of need,
 * at least 95 % of the limit is usable, whichever instances end or are idle. When no more may be taken ahead, an
 * instance leases only what it needs now.
 * @beta
 */
export function createLeasedTokens({ store, gathered = nextTurn, onLease }: LeasedTokensOptions) {
  const pockets = new Map<string, Pocket>();

  function pocketOf(key: string): Pocket {
    const known = pockets.get(key);
    if (known) return known;
    const [oldest] = pockets.keys();
    if (pockets.size >= MAX_REMEMBERED && oldest !== undefined) pockets.delete(oldest);
    const taken = { tokens: 0, ahead: 0 };
    const pocket = { tokens: 0, taken, ahead: 0, used: 0, waiting: 0, leasing: undefined };
    pockets.set(key, pocket);
    return pocket;
  }

  async function lease(pocket: Pocket, key: string, limit: number): Promise<void> {
    await gathered();
    for (;;) {
      const { needed, ahead } = leaseSize(limit, pocket.taken, { ...pocket, need: pocket.waiting, own: pocket.ahead });
      if (needed === 0) return;
      const taking = { tokens: needed + ahead, ahead: ahead - pocket.ahead };
      const { granted, taken } = await store.take(key, taking, limit, mostAheadOf(limit));
      pocket.taken = taken;
      // Other instances were faster. Their counts are now known, so each round gets closer to the limit.
      if (!granted) continue;
      pocket.tokens += taking.tokens;
      pocket.ahead = ahead;
      onLease?.(key, taken.tokens - taking.tokens, taken.tokens, limit);
      return;
    }
  }

  return {
    /**
     * @param key limit and window
     * @returns a token, which counts as used unless it is given back; undefined: the limit is reached
     */
    async take(key: string, limit: number): Promise<Token | undefined> {
      const pocket = pocketOf(key);
      while (pocket.tokens === 0) {
        if (pocket.taken.tokens >= limit) return undefined;
        pocket.waiting++;
        pocket.leasing ??= lease(pocket, key, limit).finally(() => {
          pocket.leasing = undefined;
        });
        await pocket.leasing.finally(() => {
          pocket.waiting--;
        });
      }
      pocket.tokens--;
      pocket.used++;
      return {
        giveBack() {
          pocket.tokens++;
          pocket.used--;
        },
      };
    },
  };
}

const nextTurn = () => new Promise<void>((resolve) => setImmediate(resolve));
