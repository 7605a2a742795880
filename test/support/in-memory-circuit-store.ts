import type { Circuit, CircuitState, CircuitStore, Counts } from '../../shared/resilience/circuit.ts';

/** Circuits as DynamoDB's conditional writes make them behave. */
export class InMemoryCircuitStore implements CircuitStore {
  readonly circuits = new Map<string, Circuit>();
  reads = 0;
  /** As if the table could not be reached. */
  down = false;

  async read(name: string): Promise<Circuit> {
    return this.#read(name);
  }

  #read(name: string): Circuit {
    this.#answers();
    this.reads++;
    return (
      this.circuits.get(name) ?? {
        revision: 0,
        state: { is: 'closed', since: 0 },
        tallies: new Map(),
        durations: new Map(),
      }
    );
  }

  async count(name: string, slice: number, { calls, failures, durations }: Counts): Promise<Circuit> {
    const before = this.#read(name);
    const tally = before.tallies.get(slice) ?? { calls: 0, failures: 0 };
    const tallies = new Map(before.tallies).set(slice, {
      calls: tally.calls + calls,
      failures: tally.failures + failures,
    });
    const all = new Map(before.durations);
    for (const [bucket, count] of durations) all.set(bucket, (all.get(bucket) ?? 0) + count);
    const circuit = { ...before, tallies, durations: all };
    this.circuits.set(name, circuit);
    return circuit;
  }

  async change(name: string, seen: number, state: CircuitState): Promise<boolean> {
    this.#answers();
    const before = this.#read(name);
    if (before.revision !== seen) return false;
    this.circuits.set(name, { ...before, revision: seen + 1, state });
    return true;
  }

  #answers(): void {
    if (this.down) throw new Error('the table cannot be reached');
  }
}
