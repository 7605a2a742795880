import { setTimeout as delay } from 'node:timers/promises';
import {
  CIRCUIT_SETTINGS,
  type CircuitHead,
  type CircuitSettings,
  type CircuitState,
  opened,
  shouldOpen,
} from './circuit.ts';
import { CircuitOpenError } from './errors.ts';
import { createSharedCircuit, type SharedCircuitOptions } from './shared-circuit.ts';

export interface BreakerOptions extends Omit<SharedCircuitOptions, 'settings' | 'gathered'> {
  settings?: CircuitSettings;
  gathered?: SharedCircuitOptions['gathered'];
  /**
   * Judges the health of the service by the error of a call; `unknown` if the error does not show the health, for
   * example because the service was not called.
   */
  classify: (error: unknown) => 'well' | 'failed' | 'unknown';
  /** Called after this instance opened the circuit, and after a probe of this instance failed or closed the circuit. */
  onChange: (state: CircuitState) => Promise<void> | void;
}

/**
 * How long a probe excludes other probes: longer than the longest call, so that only one probe is in progress.
 */
const PROBE_LEASE_MS = 12_000;
/**
 * One write counts the failed calls of this period, so each instance writes its counts at most four times per second.
 */
const GATHERED_MS = 250;

/** When the next call may be made. */
const callableFrom = (state: Exclude<CircuitState, { is: 'closed' }>) =>
  new Date(state.is === 'open' ? state.probeAt : state.until);

export type Breaker = ReturnType<typeof createBreaker>;

/**
 * Creates a circuit breaker whose state all instances share. A failed call returns only after the failure is written,
 * or after the write failed or timed out, because Lambda may freeze the instance afterwards. Successful calls are
 * counted in large batches or, while calls fail on any instance, about every second.
 */
export function createBreaker(options: BreakerOptions) {
  const { name, settings = CIRCUIT_SETTINGS, classify, onChange, gathered = () => delay(GATHERED_MS) } = options;
  const now = () => options.now().getTime();
  const { lastState, current, change, count, countFailures } = createSharedCircuit({
    ...options,
    settings,
    gathered,
  });

  /**
   * @returns the circuit if this call becomes the circuit's probe; undefined if the circuit is closed
   * @throws {CircuitOpenError} otherwise
   */
  async function admit(): Promise<CircuitHead | undefined> {
    const seen = await current();
    const { state } = seen;
    if (state.is === 'closed') return undefined;
    const at = now();
    if (at < callableFrom(state).getTime()) throw new CircuitOpenError(name, callableFrom(state));
    const { since, failures, because } = state;
    const until = at + PROBE_LEASE_MS;
    const probing: CircuitState = { is: 'half-open', since, failures, because, until };
    if (!(await change(seen, probing))) throw new CircuitOpenError(name, new Date(at + settings.firstProbeMs));
    return { ...seen, revision: seen.revision + 1, state: probing };
  }

  async function open(seen: CircuitHead, cause: Error): Promise<void> {
    const state = opened(seen.state, now(), cause.message.slice(0, 500), settings);
    if (await change(seen, state)) await onChange(state);
  }

  async function succeed(probe: CircuitHead | undefined): Promise<void> {
    if (!probe) return;
    const state: CircuitState = { is: 'closed', since: now() };
    if (await change(probe, state)) await onChange(state);
  }

  /** Handles a probe whose error does not show the health of the service. The next call may probe immediately. */
  async function abandonProbe(probe: CircuitHead | undefined): Promise<void> {
    if (probe?.state.is !== 'half-open') return;
    const { since, failures, because } = probe.state;
    await change(probe, { is: 'open', since, failures, because, probeAt: now() });
  }

  async function fail(probe: CircuitHead | undefined, cause: Error): Promise<void> {
    if (probe) return open(probe, cause);
    const circuit = await countFailures();
    if (circuit && lastState().is === 'closed' && shouldOpen(circuit, now(), settings)) await open(circuit, cause);
  }

  return {
    /**
     * Calls the service unless its circuit is open.
     * @param call must call `onStart` when the request itself starts, after any admission control
     * @throws {CircuitOpenError} if the circuit is open, or if this call failed and the circuit is open afterwards
     * @throws the error of the call
     */
    async execute<T>(call: (onStart: () => void) => Promise<T>): Promise<T> {
      const probe = await admit();
      let startedAt = now();
      const onStart = () => {
        startedAt = now();
      };
      try {
        const response = await call(onStart);
        count(false, startedAt);
        await succeed(probe);
        return response;
      } catch (error) {
        const health = classify(error);
        if (health === 'unknown') {
          await abandonProbe(probe);
          throw error;
        }
        count(health === 'failed', startedAt);
        await (health === 'failed' ? fail(probe, error as Error) : succeed(probe));
        const state = lastState();
        if (health === 'failed' && state.is !== 'closed') throw new CircuitOpenError(name, callableFrom(state), error);
        throw error;
      }
    },
  };
}
