import { CloudError } from '../errors.ts';

/** A statement of a policy, as templates have it. */
export interface Statement {
  Sid?: string;
  Effect: 'Allow' | 'Deny';
  Principal?: string | Record<string, string | string[]>;
  Action: string | string[];
  /** Of a role's trust policy there is none: the role itself is meant. */
  Resource?: string | string[];
  Condition?: Record<string, Record<string, string | string[] | boolean>>;
}

export interface PolicyDocument {
  Statement: Statement | Statement[];
}

/** Who asks: a role or service, by ARN or by name such as `sns.amazonaws.com`. */
export type Principal = { role: string } | { service: string };

export interface AccessRequest {
  principal: Principal;
  /** Such as `dynamodb:PutItem`. */
  action: string;
  /** ARN. */
  resource: string;
  /** Condition keys, such as `aws:SourceArn`, without those that follow from the principal. */
  context?: Record<string, string>;
}

/** One action on one resource that a statement allows: the smallest thing that could be taken away. */
export interface Grant {
  action: string;
  resource: string;
}

export type Decision = { allowed: true; by: Grant } | { allowed: false; because: string };

const listOf = <T>(value: T | T[] | undefined): T[] => (value === undefined ? [] : ([value].flat() as T[]));

export const statementsOf = ({ Statement }: PolicyDocument): Statement[] => listOf(Statement);

/** `*` stands for any characters, `?` for one (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html). */
const patterns = new Map<string, RegExp>();
function isLike(pattern: string, value: string, flags = ''): boolean {
  const key = `${flags}/${pattern}`;
  let expression = patterns.get(key);
  if (!expression) {
    const source = pattern
      .replace(/[.+^${}()|[\]\\]/g, '\\$&')
      .replace(/\*/g, '.*')
      .replace(/\?/g, '.');
    expression = new RegExp(`^${source}$`, `s${flags}`);
    patterns.set(key, expression);
  }
  return expression.test(value);
}

/**
 * The condition operators in use, each as a comparison of one value; several values are alternatives, or none of them for
 * what begins with a negation (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html).
 */
const OPERATORS: Record<string, { compare: (expected: string, actual: string) => boolean; negated?: true }> = {
  StringEquals: { compare: (expected, actual) => expected === actual },
  StringLike: { compare: isLike },
  ArnEquals: { compare: isLike },
  ArnLike: { compare: isLike },
  ArnNotLike: { compare: isLike, negated: true },
  Bool: { compare: (expected, actual) => expected === actual },
};

/** @throws {CloudError} if a statement says what this evaluation does not know: it must not be passed over */
export function checkStatement(statement: Statement, where: string): void {
  for (const element of ['NotAction', 'NotResource', 'NotPrincipal']) {
    if (element in statement) throw new CloudError(`${where}: the embedded cloud does not know ${element}.`);
  }
  for (const operator of Object.keys(statement.Condition ?? {})) {
    if (!OPERATORS[operator]) {
      throw new CloudError(`${where}: the embedded cloud does not know the condition operator ${operator}.`);
    }
  }
}

function holds({ Condition = {} }: Statement, context: Record<string, string>): boolean {
  return Object.entries(Condition).every(([operator, keys]) => {
    const { compare, negated = false } = OPERATORS[operator] as (typeof OPERATORS)[string];
    return Object.entries(keys).every(([key, expected]) => {
      const actual = context[key];
      // A key that is not there matches nothing; so a negated operator holds.
      const matches = actual !== undefined && listOf(expected).some((value) => compare(String(value), actual));
      return matches !== negated;
    });
  });
}

const accountOf = (arn: string) => arn.split(':')[4] ?? '';

function names({ Principal: named }: Statement, principal: Principal): 'itself' | 'its account' | undefined {
  if (named === undefined) return 'itself';
  if (named === '*') return 'itself';
  if (typeof named === 'string') return undefined;
  if (listOf(named.AWS).includes('*')) return 'itself';
  if ('service' in principal) return listOf(named.Service).includes(principal.service) ? 'itself' : undefined;
  if (listOf(named.AWS).includes(principal.role)) return 'itself';
  const root = `arn:aws:iam::${accountOf(principal.role)}:root`;
  return listOf(named.AWS).includes(root) ? 'its account' : undefined;
}

/** What of a statement a request falls under; nothing, if it does not. */
function grantIn(statement: Statement, { action, resource }: AccessRequest, context: Record<string, string>) {
  const byAction = listOf(statement.Action).find((pattern) => isLike(pattern, action, 'i'));
  const byResource =
    statement.Resource === undefined ? '' : listOf(statement.Resource).find((pattern) => isLike(pattern, resource));
  if (byAction === undefined || byResource === undefined || !holds(statement, context)) return undefined;
  return { action: byAction, resource: byResource };
}

/** What IAM knows of every request in this one account, and over loopback, which counts as safe as TLS. */
function contextOf({ principal, context = {} }: AccessRequest): Record<string, string> {
  const isRole = 'role' in principal;
  return {
    'aws:SecureTransport': 'true',
    'aws:PrincipalIsAWSService': String(!isRole),
    ...(isRole && { 'aws:PrincipalArn': principal.role, 'aws:PrincipalAccount': accountOf(principal.role) }),
    ...context,
  };
}

/**
 * Whether a request within one account is allowed, as IAM would decide
 * (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html): an explicit deny in any
 * policy counts before all; else the identity's policies or the resource's must allow it.
 * @param ofResource the policy of the resource. For one that has the last word itself, as a key's has, the identity's
 *   policies count only if it trusts the account
 */
export function decide(
  request: AccessRequest,
  ofIdentity: readonly Statement[],
  ofResource: readonly Statement[] = [],
  hasLastWord = false,
): Decision {
  const context = contextOf(request);
  const { action, resource } = request;
  const applying = (statements: readonly Statement[]) =>
    statements.flatMap((statement) => {
      const named = names(statement, request.principal);
      const grant = named && grantIn(statement, request, context);
      return grant ? [{ statement, named, grant }] : [];
    });
  const identity = applying(ofIdentity);
  const onResource = applying(ofResource);
  const denial = [...identity, ...onResource].find(({ statement }) => statement.Effect === 'Deny');
  if (denial) {
    const which = denial.statement.Sid ? ` (${denial.statement.Sid})` : '';
    return { allowed: false, because: `with an explicit deny${which} of ${action}` };
  }
  const direct = onResource.find(({ named }) => named === 'itself');
  const trustsAccount = !hasLastWord || onResource.some(({ named }) => named === 'its account');
  const allowed = (trustsAccount ? identity[0] : undefined) ?? direct;
  if (allowed) return { allowed: true, by: allowed.grant };
  const policy = 'service' in request.principal || hasLastWord ? 'resource-based' : 'identity-based';
  return { allowed: false, because: `because no ${policy} policy allows the ${action} action on ${resource}` };
}

/** Every grant that statements make. */
export const grantsOf = (statements: readonly Statement[]): Grant[] =>
  statements.flatMap(({ Effect, Action, Resource }) =>
    Effect === 'Deny'
      ? []
      : listOf(Action).flatMap((action) => listOf(Resource ?? '').map((resource) => ({ action, resource }))),
  );
