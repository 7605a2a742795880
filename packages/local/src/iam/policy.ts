import { CloudError } from '../errors/cloud-error.ts';
import { checkCondition, isMet } from './conditions.ts';
import { isLike, isResource } from './like.ts';
import { contextSentBy, type ServicePrincipal } from './service-context.ts';

/** A policy statement in the form that templates use. */
export interface Statement {
  Sid?: string;
  Effect: 'Allow' | 'Deny';
  Principal?: string | Record<string, string | string[]>;
  Action: string | string[];
  /** Absent in a trust policy, because a trust policy applies to its role. */
  Resource?: string | string[];
  Condition?: Record<string, Record<string, string | string[] | boolean>>;
}

export interface PolicyDocument {
  Statement: Statement | Statement[];
}

/**
 * The caller: a role, by its ARN, or a service, such as `sns.amazonaws.com`. A service calls on behalf of a
 * resource, and the ARN of this resource determines the condition keys.
 */
export type Principal = { role: string } | ServicePrincipal;

export interface AccessRequest {
  principal: Principal;
  /** Such as `dynamodb:PutItem`. */
  action: string;
  /** ARN. */
  resource: string;
  /** Condition keys, such as `aws:SourceArn`, except those that are derived from the principal. */
  context?: Record<string, string>;
}

/** One action on one resource, as a statement lists them: the smallest permission that can be removed. */
export interface Grant {
  action: string;
  resource: string;
}

export type Decision =
  | { allowed: true; by: Grant }
  /** `missing` is the grant that would allow the request; undefined: a policy denies the request explicitly. */
  | { allowed: false; because: string; missing?: Grant };

const listOf = <T>(value: T | T[] | undefined): T[] => (value === undefined ? [] : ([value].flat() as T[]));

export const statementsOf = ({ Statement }: PolicyDocument): Statement[] => listOf(Statement);

/**
 * @throws {CloudError} if the embedded cloud cannot evaluate a statement, because ignoring a part of the statement
 * could allow too much
 */
export function checkStatement(statement: Statement, where: string): void {
  for (const element of ['NotAction', 'NotResource', 'NotPrincipal']) {
    if (element in statement) throw new CloudError(`${where}: the embedded cloud does not support ${element}.`);
  }
  for (const [name, keys] of Object.entries(statement.Condition ?? {})) checkCondition(name, keys, where);
}

/** @param context values of condition keys. The keys are in lower case, because they are case-insensitive */
const conditionsAreMet = ({ Condition = {} }: Statement, context: Record<string, string>): boolean =>
  Object.entries(Condition).every(([name, keys]) =>
    Object.entries(keys).every(([key, expected]) =>
      isMet(name, listOf(expected).map(String), context[key.toLowerCase()]),
    ),
  );

const accountOf = (arn: string) => arn.split(':')[4] ?? '';

/**
 * How a statement matches a principal: directly, or through the principal's account; undefined: the statement does not
 * match.
 */
function principalMatch({ Principal: named }: Statement, principal: Principal): 'itself' | 'its account' | undefined {
  if (named === undefined) return 'itself';
  if (named === '*') return 'itself';
  if (typeof named === 'string') return undefined;
  if (listOf(named.AWS).includes('*')) return 'itself';
  if ('service' in principal) return listOf(named.Service).includes(principal.service) ? 'itself' : undefined;
  if (listOf(named.AWS).includes(principal.role)) return 'itself';
  const account = accountOf(principal.role);
  const ofAccount = [account, `arn:aws:iam::${account}:root`];
  return listOf(named.AWS).some((one) => ofAccount.includes(one)) ? 'its account' : undefined;
}

/** The grant of a statement that matches a request; undefined if the statement does not match. */
function grantIn(statement: Statement, { action, resource }: AccessRequest, context: Record<string, string>) {
  const byAction = listOf(statement.Action).find((pattern) => isLike(pattern, action, 'i'));
  const byResource =
    statement.Resource === undefined ? '' : listOf(statement.Resource).find((pattern) => isResource(pattern, resource));
  if (byAction === undefined || byResource === undefined || !conditionsAreMet(statement, context)) return undefined;
  return { action: byAction, resource: byResource };
}

/**
 * The condition keys of a request, including those that every request has. All requests come from one account. Requests
 * arrive over loopback, which is treated as secure transport, like TLS.
 */
function contextOf({ principal, action, context = {} }: AccessRequest): Record<string, string> {
  const isRole = 'role' in principal;
  const sent = isRole ? {} : contextSentBy(principal, action);
  const known = {
    'aws:SecureTransport': 'true',
    'aws:PrincipalIsAWSService': String(!isRole),
    ...(isRole && { 'aws:PrincipalArn': principal.role, 'aws:PrincipalAccount': accountOf(principal.role) }),
    ...sent,
    ...context,
  };
  return Object.fromEntries(Object.entries(known).map(([key, value]) => [key.toLowerCase(), value]));
}

/**
 * Decides a request within one account by the rules of IAM
 * (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html). An explicit deny in any
 * policy takes precedence. Without an explicit deny, a policy of the identity or of the resource must allow the
 * request.
 * @param ofResource the policy of the resource
 * @param isAuthoritative whether the identity's policies apply only if the resource's policy delegates to the account.
 * This is the case for a KMS key
 */
export function decide(
  request: AccessRequest,
  ofIdentity: readonly Statement[],
  ofResource: readonly Statement[] = [],
  isAuthoritative = false,
): Decision {
  const context = contextOf(request);
  const { action, resource } = request;
  const applicable = (statements: readonly Statement[]) =>
    statements.flatMap((statement) => {
      const named = principalMatch(statement, request.principal);
      const grant = named && grantIn(statement, request, context);
      return grant ? [{ statement, named, grant }] : [];
    });
  const identity = applicable(ofIdentity);
  const onResource = applicable(ofResource);
  const denial = [...identity, ...onResource].find(({ statement }) => statement.Effect === 'Deny');
  if (denial) {
    const which = denial.statement.Sid ? ` (${denial.statement.Sid})` : '';
    return { allowed: false, because: `with an explicit deny${which} of ${action}` };
  }
  const direct = onResource.find(({ named }) => named === 'itself');
  const delegatesToAccount = !isAuthoritative || onResource.some(({ named }) => named === 'its account');
  const allowed = (delegatesToAccount ? identity[0] : undefined) ?? direct;
  if (allowed) return { allowed: true, by: allowed.grant };
  const policy = 'service' in request.principal || isAuthoritative ? 'resource-based' : 'identity-based';
  const because = `because no ${policy} policy allows the ${action} action on ${resource}`;
  return { allowed: false, because, missing: { action, resource } };
}

/** All grants of the given statements. */
export const grantsOf = (statements: readonly Statement[]): Grant[] =>
  statements.flatMap(({ Effect, Action, Resource }) =>
    Effect === 'Deny'
      ? []
      : listOf(Action).flatMap((action) => listOf(Resource ?? '').map((resource) => ({ action, resource }))),
  );
