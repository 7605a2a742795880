/** How a call to an AWS service fails. */
export type CallFault =
  /** Returns an error, and has no effect. */
  | { kind: 'refused' | 'throttled' | 'conflict' }
  /** Takes effect, and returns an error. */
  | { kind: 'answer lost' }
  /** Some entries of a batch are not executed, and the response says so. */
  | { kind: 'partly done' }
  | { kind: 'delayed'; ms: number };

/**
 * The faults to inject into an embedded cloud, and an observer.
 * @beta
 */
export interface Faults {
  /** Called for every call; returns the fault to inject. */
  call(service: string, operation: string): CallFault | undefined;
  /** The worker is terminated after this many milliseconds of an invocation, if it is still running. */
  death(functionName: string): number | undefined;
  /** Called for each fault when it occurs: some requested faults cannot, such as half of a batch of one. */
  happened(fault: string): void;
  /** Called for every successful call. */
  answered(operation: string, request: string, response: string): void;
}
