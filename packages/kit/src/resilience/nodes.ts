import type { Instance, Registry } from '../discovery/registry.ts';
import { RejectedError, ThrottledError } from './errors.ts';
import { lastKnown } from './last-known.ts';

export interface NodesOptions {
  service: string;
  registry: Pick<Registry, 'find'>;
  now: () => Date;
  random: () => number;
  /**
   * Called when the registry could not be read: the last known instances stay in use, even if their leases have
   * expired.
   */
  onFailure: (error: Error) => void;
}

export type Nodes = ReturnType<typeof createNodes>;

/** Maximum age of the cached registry. */
const MAX_AGE_MS = 3_000;
/** A failed instance is avoided for this time; doubled after each further failure, up to the maximum. */
const FIRST_ASIDE_MS = 1_000;
const MAX_ASIDE_MS = 30_000;

interface Standing {
  atWork: number;
  failures: number;
  asideUntil: number;
}

/**
 * The instances of a service from the view of a caller.
 * @beta
 */
export function createNodes({ service, registry, now, random, onFailure }: NodesOptions) {
  const standings = new Map<string, Standing>();
  const known = lastKnown<readonly Instance[]>({
    read: () => registry.find(service),
    maxAgeMs: MAX_AGE_MS,
    now,
    otherwise: [],
    onFailure,
  });

  function standingOf(id: string): Standing {
    const standing = standings.get(id) ?? { atWork: 0, failures: 0, asideUntil: 0 };
    standings.set(id, standing);
    return standing;
  }

  const loadOf = ({ id, weight }: Instance) => (standingOf(id).atWork + 1) / weight;

  /** Power of two choices: nearly as good as the least busy of all, and avoids a thundering herd. */
  function lessBusyOfTwo(candidates: readonly Instance[]): Instance | undefined {
    const rest = [...candidates];
    const draw = () => rest.splice(Math.floor(random() * rest.length), 1)[0];
    const [one, other] = [draw(), draw()];
    return one && other && loadOf(other) < loadOf(one) ? other : one;
  }

  return {
    /**
     * Chooses an instance: untried, not avoided, and the less busy of two; otherwise any.
     * @returns undefined if none is registered
     */
    async choose(tried: ReadonlySet<string>): Promise<Instance | undefined> {
      const all = await known();
      const ids = new Set(all.map(({ id }) => id));
      for (const id of standings.keys()) if (!ids.has(id)) standings.delete(id);
      const at = now().getTime();
      const untried = all.filter(({ id }) => !tried.has(id));
      const healthy = untried.filter(({ id }) => standingOf(id).asideUntil <= at);
      return lessBusyOfTwo([healthy, untried, all].find((some) => some.length > 0) ?? []);
    },

    /** Runs a call to an instance, and records its outcome. */
    async watch<T>({ id }: Instance, call: () => Promise<T>): Promise<T> {
      const standing = standingOf(id);
      standing.atWork++;
      try {
        const answer = await call();
        standing.failures = 0;
        return answer;
      } catch (error) {
        if (!(error instanceof RejectedError || error instanceof ThrottledError)) {
          const aside = Math.min(FIRST_ASIDE_MS * 2 ** standing.failures, MAX_ASIDE_MS);
          standing.failures++;
          standing.asideUntil = now().getTime() + aside;
        }
        throw error;
      } finally {
        standing.atWork--;
      }
    },
  };
}
