/** What has been taken of a limit in one window of time, by all instances. */
export interface Taken {
  /** Tokens that were taken, used or not: never more than the limit. */
  tokens: number;
  /** Of these, the part that instances took ahead of need. It may be unused, and stay so. */
  ahead: number;
}

/** Where limits are counted, for all instances. */
export interface TokenStore {
  /**
   * Takes tokens, unless there would be more than `limit`, or more taken ahead than `mostAhead`.
   * @param ahead by how much the part of this instance that is ahead of need changes
   * @returns what is taken by now
   */
  take(key: string, taking: Taken, limit: number, mostAhead: number): Promise<{ granted: boolean; taken: Taken }>;
}

export interface LeasedTokensOptions {
  store: TokenStore;
  /** Resolves when others may have asked as well, who are then served by the same write. */
  gathered?: () => Promise<void>;
  /** Told of each lease. */
  onLease?: (key: string, before: number, after: number, limit: number) => void;
}

export interface Token {
  /** It was not used after all. */
  giveBack(): void;
}

/** At most this part of a limit is in the hands of instances that may never use it. */
const AHEAD_PART = 1 / 20;
/** Of its own use, an instance takes at most this part ahead: what it strands by ending is in proportion to what it did. */
const OF_OWN_USE = 1 / 4;
/** Or this part of what may still be taken ahead, if that is more: under a high limit, the first lease is not of one token. */
const OF_ROOM_AT_FIRST = 1 / 256;
/** And never more than this part, so that M busy instances come to have 1 / (M + 3) of it each. */
const OF_ROOM = 1 / 4;
/** Near the limit, leases shrink to what is needed. */
const OF_REMAINING = 1 / 32;
/** So many windows one instance remembers. */
const MAX_REMEMBERED = 1_000;

const mostAheadOf = (limit: number): number => Math.floor(limit * AHEAD_PART);

/**
 * How many tokens to take at once: what is needed, and some ahead.
 * @param own what this instance has ahead, all of it used: it is free to be taken again, by whoever needs it
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

/** What an instance holds of a limit in one window. */
interface Pocket {
  tokens: number;
  /** As far as this instance knows: never less than it has seen. */
  taken: Taken;
  /** How many of its last lease were ahead of need. */
  ahead: number;
  used: number;
  waiting: number;
  leasing: Promise<void> | undefined;
}

/**
 * Limits that hold over all instances, without a write for each use: an instance takes several tokens at once, before they
 * are used, and keeps them across invocations. So the limit is never exceeded; and since the item counts what is ahead of
 * need, at least 95 % of it can be used, whichever instances end or are idle. Where more may not be taken ahead, each lease
 * is what is needed just now.
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
      // Others were faster, and what is known of them is new: each round ends nearer to the limit.
      if (!granted) continue;
      pocket.tokens += taking.tokens;
      pocket.ahead = ahead;
      onLease?.(key, taken.tokens - taking.tokens, taken.tokens, limit);
      return;
    }
  }

  return {
    /**
     * @param key of the limit and the window
     * @returns a token, which is used unless it is given back; undefined: the limit is reached
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
