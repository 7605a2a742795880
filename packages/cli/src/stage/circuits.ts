import { paginateScan } from '@aws-sdk/lib-dynamodb';
import { CIRCUIT_SETTINGS, type Circuit, percentile, recent } from '@rollcall/kit/internal/resilience/circuit';
import { circuitsOf as circuitsIn, createCircuitStore } from '@rollcall/kit/internal/resilience/dynamodb-circuit-store';
import { OperatorError } from './errors.ts';
import type { StageClient } from './stage.ts';

/** A circuit breaker, for display. */
export interface CircuitView {
  circuit: string;
  state: 'closed' | 'open' | 'half-open';
  /** When the circuit left the state `closed`; absent if it is closed. */
  since?: string;
  because?: string;
  /** Set only if the circuit is open. */
  nextProbe?: string;
  /** The calls of the last 30 seconds, without those before the circuit last opened or closed. */
  recentCalls: number;
  recentFailures: number;
  calls: number;
  /** Durations of calls, in milliseconds. */
  ms: { p50?: number | undefined; p99?: number | undefined; 'p99.9'?: number | undefined };
}

async function readCircuits(stage: StageClient): Promise<Array<[name: string, circuit: Circuit]>> {
  return stage.ask(async () => {
    const items: Array<Record<string, unknown>> = [];
    const pages = paginateScan(
      { client: stage.dynamodb },
      { TableName: stage.table('circuits'), ConsistentRead: true },
    );
    for await (const { Items = [] } of pages) items.push(...Items);
    return [...circuitsIn(items)].sort(([a], [b]) => (a < b ? -1 : 1));
  });
}

/** All circuits for which a call was ever recorded, sorted by name. */
export async function circuitsOf(stage: StageClient, now: Date): Promise<CircuitView[]> {
  return (await readCircuits(stage)).map(([name, circuit]) => viewOf(name, circuit, now));
}

function viewOf(name: string, circuit: Circuit, now: Date): CircuitView {
  const { state, durations } = circuit;
  const { calls, failures } = recent(circuit, now.getTime(), CIRCUIT_SETTINGS);
  const ms = (part: number) => percentile(durations, part);
  return {
    circuit: name,
    state: state.is,
    ...(state.is === 'open' && { nextProbe: new Date(state.probeAt).toISOString() }),
    ...(state.is !== 'closed' && { since: new Date(state.since).toISOString(), because: state.because }),
    recentCalls: calls,
    recentFailures: failures,
    calls: [...durations.values()].reduce((sum, count) => sum + count, 0),
    ms: { p50: ms(0.5), p99: ms(0.99), 'p99.9': ms(0.999) },
  };
}

/**
 * Closes a circuit immediately, without a probe.
 * @param confirm called before the change, unless the circuit is already closed
 * @returns the previous state of the circuit
 * @throws {OperatorError} if there is no circuit of that name, or another process changed it at the same time
 */
export async function resetCircuit(
  stage: StageClient,
  name: string,
  confirm: () => Promise<void> = async () => {},
): Promise<CircuitView['state']> {
  const all = await readCircuits(stage);
  const circuit = all.find(([known]) => known === name)?.[1];
  if (!circuit) {
    const known = all.map(([one]) => one).join(', ') || 'none yet';
    throw new OperatorError(`There is no circuit "${name}"; there are: ${known}.`);
  }
  if (circuit.state.is === 'closed') return 'closed';
  await confirm();
  const store = createCircuitStore({ client: stage.dynamodb, tableName: stage.table('circuits'), random: Math.random });
  if (!(await store.change(name, circuit.revision, { is: 'closed', since: Date.now() }))) {
    throw new OperatorError(`${name} was changed at the same time. Check its state: npm run ops -- circuit list`);
  }
  return circuit.state.is;
}
