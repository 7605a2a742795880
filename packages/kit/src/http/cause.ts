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

/**
 * What caused the change that a request asks for: part of the context of what a publisher commits.
 * @public
 */
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
