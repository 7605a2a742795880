/** How a call to an AWS service goes wrong. */
export type CallFault =
  /** Answered with an error; it has no effect. */
  | { kind: 'refused' | 'throttled' | 'conflict' }
  /** Done, and answered with an error. */
  | { kind: 'answer lost' }
  /** Some entries of a batch are not done, and the answer says so. */
  | { kind: 'partly done' }
  | { kind: 'delayed'; ms: number };

/**
 * What goes wrong in an embedded cloud, and who watches.
 * @beta
 */
export interface Faults {
  /** Asked at every call. */
  call(service: string, operation: string): CallFault | undefined;
  /** After so many milliseconds of an invocation its worker is terminated, if it is still at work. */
  death(functionName: string): number | undefined;
  /** Told of each fault when it happens: some that were asked for do not, such as half of a batch of one. */
  happened(fault: string): void;
  /** Told of every call that a service answered with success. */
  answered(operation: string, request: string, response: string): void;
}
