import type { causeOf } from '@rollcall/kit/http';
import type { Logger } from '@rollcall/kit/observability';

/** The request that caused a change. Messages contain the request's IDs, and the audit trail also records the actor. */
export type Cause = ReturnType<typeof causeOf>;

/** A committed change, described by IDs only, without personal data. */
type Change = Readonly<{ action: string } & Record<string, string>>;

export type Audit = (change: Change, cause: Cause) => void;

/** The audit trail: one log line per change. */
export const createAudit =
  (logger: Logger): Audit =>
  (change, { by, correlationId }) =>
    logger.info('audit', { ...by, ...change, correlation_id: correlationId });
