/** A subscriber's record of the last version of an aggregate that it applied or skipped. */
export interface Cursor {
  version: number;
  /** The version at which this subscriber started to apply the aggregate's events. Default: 1. */
  baseline?: number;
  /**
   * The last event of the aggregate erased its data. Messages of the aggregate that arrive afterwards are neither
   * applied nor parked.
   */
  erased?: true;
}

export type CursorDecision =
  /** The version is next in order: apply it, and move the cursor from `after` (0: no cursor yet), in one write. */
  | { action: 'apply'; after: number }
  /**
   * No cursor exists, and the version is not 1. A late subscriber starts at this version once no lower version can be
   * in transit.
   */
  | { action: 'adopt' }
  /** The version was applied before, or the subject was erased. */
  | { action: 'acknowledge' }
  | { action: 'park'; because: 'gap' | 'below-baseline' };

/** Decides what to do with a version, given the current cursor. */
export function decide(cursor: Cursor | undefined, version: number): CursorDecision {
  if (!cursor) return version === 1 ? { action: 'apply', after: 0 } : { action: 'adopt' };
  if (cursor.erased) return { action: 'acknowledge' };
  if (version === cursor.version + 1) return { action: 'apply', after: cursor.version };
  if (version > cursor.version) return { action: 'park', because: 'gap' };
  // Versions below the baseline were never applied here, so they are not duplicates and must not be dropped.
  return version < (cursor.baseline ?? 1) ? { action: 'park', because: 'below-baseline' } : { action: 'acknowledge' };
}
