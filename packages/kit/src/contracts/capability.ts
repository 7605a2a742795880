/** Under what a function's template says which capability it looks at: operators' tools read there what can be switched. */
export const CAPABILITY_METADATA = 'rollcall:capability';

export interface CapabilityMetadata {
  readonly name: string;
  /** What it can be switched to, besides `on`. */
  readonly modes: readonly string[];
}

/** What every consumer that names a capability can be switched to. */
export const CONSUMER_MODES = ['pause', 'skip'] as const;
