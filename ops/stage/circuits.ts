/** A circuit breaker as operators see it. */
export interface CircuitView {
  circuit: string;
  state: 'closed' | 'open' | 'half-open';
  /** Unless it is closed. */
  since?: string;
  because?: string;
  /** If it is open. */
  nextProbe?: string;
  /** Of the last 30 seconds. */
  recentCalls: number;
  recentFailures: number;
  calls: number;
  /** How long answers take, in milliseconds. */
  ms: { p50?: number; p99?: number; 'p99.9'?: number };
}
