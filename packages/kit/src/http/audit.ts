import type { Logger } from '@aws-lambda-powertools/logger';
import type { HttpEvent } from './secured.ts';
import { traceOf } from './trace.ts';

/** Who asked: whoever may register, the subject of a token, or the ARN of who signed. */
export interface Actor {
  actor: string;
  authentication: 'none' | 'jwt' | 'iam';
}

/** What caused a change: messages carry on its ids, the audit trail says who it was. */
export interface Cause {
  by: Actor;
  correlationId?: string;
  traceparent?: string;
}

/** A change that was committed: ids only, nothing personal. */
export type Change = Readonly<{ action: string } & Record<string, string>>;

export type Audit = (change: Change, cause: Cause) => void;

/** The audit trail: a line in the log for each change. */
export const createAudit =
  (logger: Logger): Audit =>
  (change, { by, correlationId }) =>
    logger.info('audit', { ...by, ...change, correlation_id: correlationId });

export const causeOf = ({ requestContext, headers }: HttpEvent): Cause => ({
  by: actorOf(requestContext),
  // The access log knows the request by the same id.
  correlationId: requestContext.requestId,
  ...traceOf(headers.traceparent),
});

function actorOf(requestContext: HttpEvent['requestContext']): Actor {
  const { authorizer } = requestContext as {
    authorizer?: { jwt?: { claims: { sub?: unknown } }; iam?: { userArn: string } };
  };
  if (authorizer?.iam) return { actor: authorizer.iam.userArn, authentication: 'iam' };
  if (authorizer?.jwt) return { actor: String(authorizer.jwt.claims.sub ?? 'no subject'), authentication: 'jwt' };
  return { actor: 'anonymous', authentication: 'none' };
}
