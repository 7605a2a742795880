import type { causeOf } from '@rollcall/kit/http';
import type { Logger } from '@rollcall/kit/observability';

/** What caused a change: messages carry on its ids, the audit trail says who it was. */
export type Cause = ReturnType<typeof causeOf>;

/** A change that was committed: ids only, nothing personal. */
type Change = Readonly<{ action: string } & Record<string, string>>;

export type Audit = (change: Change, cause: Cause) => void;

/** The audit trail: a line in the log for each change. */
export const createAudit =
  (logger: Logger): Audit =>
  (change, { by, correlationId }) =>
    logger.info('audit', { ...by, ...change, correlation_id: correlationId });
