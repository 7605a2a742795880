/** A fault of a call to an AWS service. */
export type CallFault =
  /** Returns an error, and has no effect. */
  | { kind: 'refused' | 'throttled' | 'conflict' }
  /** Takes effect, but returns an error. */
  | { kind: 'answer lost' }
  /** Some entries of a batch are not executed, and the response lists these entries as failed. */
  | { kind: 'partly done' }
  | { kind: 'delayed'; ms: number };

/**
 * The faults to inject into an embedded cloud, and an observer.
 * @beta
 */
export interface Faults {
  /** Called for every call of an AWS service; returns the fault to inject. */
  call(service: string, operation: string): CallFault | undefined;
  /**
   * Returns the milliseconds after which a running invocation is terminated; undefined if the invocation is not
   * terminated.
   */
  death(functionName: string): number | undefined;
  /**
   * Called for each fault that occurs. Some requested faults cannot occur, such as `partly done` for a batch with one
   * entry.
   */
  happened(fault: string): void;
  /** Called for every successful call of an AWS service. */
  answered(operation: string, request: string, response: string): void;
}
