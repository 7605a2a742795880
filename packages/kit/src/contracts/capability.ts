/**
 * The metadata key with which a function in a CloudFormation template declares the capability that the function checks.
 * Operators' tools read this metadata to list the capabilities that can be switched.
 */
export const CAPABILITY_METADATA = 'rollcall:capability';

export interface CapabilityMetadata {
  readonly name: string;
  /** The modes to which operators can switch the capability, besides `on`. */
  readonly modes: readonly string[];
}

/** The modes, besides `on`, of every consumer that declares a capability. */
export const CONSUMER_MODES = ['pause', 'skip'] as const;
