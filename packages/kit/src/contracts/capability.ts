/**
 * Metadata key in a function's template for the capability that the function checks. Operators' tools read there what
 * can be switched.
 */
export const CAPABILITY_METADATA = 'rollcall:capability';

export interface CapabilityMetadata {
  readonly name: string;
  /** The modes it can be switched to, besides `on`. */
  readonly modes: readonly string[];
}

/** The modes of every consumer that declares a capability. */
export const CONSUMER_MODES = ['pause', 'skip'] as const;
