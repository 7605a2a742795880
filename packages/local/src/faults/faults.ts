/** A fault of a call to an AWS service. */
export type CallFault =
  /** The call has no effect, and returns an error. */
  | { kind: 'refused' | 'throttled' | 'conflict' }
  /** The call takes effect, but returns an error. */
  | { kind: 'answer lost' }
  /** Some entries of a batch are not executed, and the response lists these entries as failed. */
  | { kind: 'partly done' }
  | { kind: 'delayed'; ms: number };

/**
 * Decides which faults are injected into an embedded cloud, and observes the faults and the successful calls.
 * @beta
 */
export interface Faults {
  /** Called for every call to an AWS service. @returns the fault to inject; undefined for no fault */
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
  /** Called for every successful call to an AWS service. */
  answered(operation: string, request: string, response: string): void;
}
