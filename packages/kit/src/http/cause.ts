import type { HttpEvent } from './secured.ts';
import { traceOf } from './trace.ts';

/**
 * The caller: `anonymous` without authentication, the subject of a token, or the ARN of the principal that signed the
 * request.
 */
export interface Actor {
  actor: string;
  authentication: 'none' | 'jwt' | 'iam';
}

/**
 * The cause of a change. Messages contain the correlation ID and the trace context; the audit trail records the actor.
 */
export interface Cause {
  by: Actor;
  correlationId?: string;
  traceparent?: string;
}

/**
 * The cause of the change that a request makes: part of the context for a publisher's commit.
 * @public
 */
export const causeOf = ({ requestContext, headers }: HttpEvent): Cause => ({
  by: actorOf(requestContext),
  // The access log contains the same request id.
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
