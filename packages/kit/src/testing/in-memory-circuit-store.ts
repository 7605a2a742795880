import type { Circuit, CircuitHead, CircuitState, CircuitStore, Counts } from '../resilience/circuit.ts';

/**
 * A circuit store in memory with the semantics of DynamoDB's conditional writes.
 * @public
 */
export class InMemoryCircuitStore implements CircuitStore {
  readonly circuits = new Map<string, Circuit>();
  /** Number of calls of `head`. */
  heads = 0;
  /** Number of calls of `count`. */
  counts = 0;
  /** Simulates that the table cannot be reached. */
  down = false;

  async head(name: string): Promise<CircuitHead> {
    this.heads++;
    return this.#read(name);
  }

  async read(name: string): Promise<Circuit> {
    return this.#read(name);
  }

  #read(name: string): Circuit {
    if (this.down) throw new Error('the table cannot be reached');
    return (
      this.circuits.get(name) ?? {
        revision: 0,
        state: { is: 'closed', since: 0 },
        failing: 0,
        tallies: new Map(),
        durations: new Map(),
      }
    );
  }

  async count(name: string, counts: Counts): Promise<void> {
    this.counts++;
    const before = this.#read(name);
    const tallies = new Map(before.tallies);
    for (const [slice, { calls, failures }] of counts.tallies) {
      const tally = tallies.get(slice) ?? { calls: 0, failures: 0 };
      tallies.set(slice, { calls: tally.calls + calls, failures: tally.failures + failures });
    }
    const durations = new Map(before.durations);
    for (const [bucket, count] of counts.durations) durations.set(bucket, (durations.get(bucket) ?? 0) + count);
    this.circuits.set(name, { ...before, tallies, durations });
  }

  async reportFailure(name: string, slice: number): Promise<void> {
    this.circuits.set(name, { ...this.#read(name), failing: slice });
  }

  async change(name: string, seen: number, state: CircuitState): Promise<boolean> {
    const before = this.#read(name);
    if (before.revision !== seen) return false;
    this.circuits.set(name, { ...before, revision: seen + 1, state });
    return true;
  }
}
