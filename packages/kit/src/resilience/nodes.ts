import type { Instance, Registry } from '../discovery/registry.ts';
import { RejectedError, ThrottledError } from './errors.ts';
import { lastKnown } from './last-known.ts';

export interface NodesOptions {
  service: string;
  registry: Pick<Registry, 'find'>;
  now: () => Date;
  random: () => number;
  /**
   * Called when the registry could not be read. The last known instances then stay in use, even if their leases have
   * expired.
   */
  onFailure: (error: Error) => void;
}

export type Nodes = ReturnType<typeof createNodes>;

/** Maximum age of the cached instances. */
const MAX_AGE_MS = 3_000;
/** How long a failed instance is avoided. Doubled after each consecutive failure, up to the maximum. */
const FIRST_AVOIDANCE_MS = 1_000;
const MAX_AVOIDANCE_MS = 30_000;

/** This caller's calls to one instance, and their failures. */
interface CallRecord {
  activeCalls: number;
  failures: number;
  avoidedUntil: number;
}

/**
 * Creates a load balancer, which chooses among the registered instances of a service by the calls and failures that
 * this caller has seen.
 * @beta
 */
export function createNodes({ service, registry, now, random, onFailure }: NodesOptions) {
  const records = new Map<string, CallRecord>();
  const registeredInstances = lastKnown<readonly Instance[]>({
    read: () => registry.find(service),
    maxAgeMs: MAX_AGE_MS,
    now,
    initial: [],
    onFailure,
  });

  function recordOf(id: string): CallRecord {
    const record = records.get(id) ?? { activeCalls: 0, failures: 0, avoidedUntil: 0 };
    records.set(id, record);
    return record;
  }

  const loadOf = ({ id, weight }: Instance) => (recordOf(id).activeCalls + 1) / weight;

  /**
   * The less busy of two random instances ("power of two choices"). The choice is nearly as good as the least busy of
   * all instances, and many callers do not choose the same instance at once.
   */
  function lessBusyOfTwo(candidates: readonly Instance[]): Instance | undefined {
    const undrawn = [...candidates];
    const draw = () => undrawn.splice(Math.floor(random() * undrawn.length), 1)[0];
    const [one, other] = [draw(), draw()];
    return one && other && loadOf(other) < loadOf(one) ? other : one;
  }

  return {
    /**
     * Chooses the less busy of two random instances: among the untried instances that are not avoided; if all untried
     * instances are avoided, among all untried instances; if all instances were tried, among all instances.
     * @returns undefined if no instance is registered
     */
    async choose(tried: ReadonlySet<string>): Promise<Instance | undefined> {
      const all = await registeredInstances();
      const ids = new Set(all.map(({ id }) => id));
      for (const id of records.keys()) if (!ids.has(id)) records.delete(id);
      const at = now().getTime();
      const untried = all.filter(({ id }) => !tried.has(id));
      const healthy = untried.filter(({ id }) => recordOf(id).avoidedUntil <= at);
      return lessBusyOfTwo([healthy, untried, all].find((candidates) => candidates.length > 0) ?? []);
    },

    /** Runs a call to an instance, and records its outcome. */
    async watch<T>({ id }: Instance, call: () => Promise<T>): Promise<T> {
      const record = recordOf(id);
      record.activeCalls++;
      try {
        const response = await call();
        record.failures = 0;
        return response;
      } catch (error) {
        if (!(error instanceof RejectedError || error instanceof ThrottledError)) {
          const avoidanceMs = Math.min(FIRST_AVOIDANCE_MS * 2 ** record.failures, MAX_AVOIDANCE_MS);
          record.failures++;
          record.avoidedUntil = now().getTime() + avoidanceMs;
        }
        throw error;
      } finally {
        record.activeCalls--;
      }
    },
  };
}
