/** A subscriber's record of the last version of an aggregate that it applied. */
export interface Cursor {
  version: number;
  /** The first version this subscriber ever met of the aggregate, where that was not 1. */
  baseline?: number;
  /** Its subject has left, by the last event of the aggregate: whatever else comes is neither applied nor kept. */
  erased?: true;
}

export type Decision =
  /** Its turn: apply it and move the cursor from `after` (0: there is none yet) in one write. */
  | { action: 'apply'; after: number }
  /** First met above version 1: a late subscriber starts here, once no lower version can be on its way any more. */
  | { action: 'adopt' }
  /** Applied before, or of a subject that has left. */
  | { action: 'acknowledge' }
  | { action: 'park'; because: 'gap' | 'below-baseline' };

/** What to do with a version, given the cursor that the table showed. */
export function decide(cursor: Cursor | undefined, version: number): Decision {
  if (!cursor) return version === 1 ? { action: 'apply', after: 0 } : { action: 'adopt' };
  if (cursor.erased) return { action: 'acknowledge' };
  if (version === cursor.version + 1) return { action: 'apply', after: cursor.version };
  if (version > cursor.version) return { action: 'park', because: 'gap' };
  // What came before the baseline was never applied here, so it is no duplicate and may not be dropped.
  return version < (cursor.baseline ?? 1) ? { action: 'park', because: 'below-baseline' } : { action: 'acknowledge' };
}
