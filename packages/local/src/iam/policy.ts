import { CloudError } from '../errors/cloud-error.ts';
import { contextSentBy, type ServicePrincipal } from './service-context.ts';

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

/**
 * Who asks: a role, by its ARN; or a service, such as `sns.amazonaws.com`, in the name of a resource (ARN), from which
 * follows what it sends along.
 */
export type Principal = { role: string } | ServicePrincipal;

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

export type Decision =
  | { allowed: true; by: Grant }
  /** `missing` would allow it; undefined: no grant does, as a policy denies it. */
  | { allowed: false; because: string; missing?: Grant };

const listOf = <T>(value: T | T[] | undefined): T[] => (value === undefined ? [] : ([value].flat() as T[]));

export const statementsOf = ({ Statement }: PolicyDocument): Statement[] => listOf(Statement);

const patterns = new Map<string, RegExp>();

/** @param wildcards what a `*` becomes that ends a segment, what any other does, and what a `?` does */
function matches(pattern: string, value: string, wildcards: readonly [string, string, string], flags = ''): boolean {
  const key = `${wildcards} ${flags} ${pattern}`;
  let expression = patterns.get(key);
  if (!expression) {
    const [last, within, one] = wildcards;
    const source = pattern
      .replace(/[.+^${}()|[\]\\]/g, '\\$&')
      .replace(/\*(?=:|$)/g, '\0')
      .replace(/[*?]/g, (found) => (found === '*' ? within : one))
      .replaceAll('\0', last);
    expression = new RegExp(`^${source}$`, `s${flags}`);
    patterns.set(key, expression);
  }
  return expression.test(value);
}

/** `*` stands for any characters, `?` for one. */
const isLike = (pattern: string, value: string, flags = '') => matches(pattern, value, ['.*', '.*', '.'], flags);

/**
 * Wildcards stay in their segment, between colons, but for a `*` that ends one
 * (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html).
 */
const isResource = (pattern: string, arn: string) => matches(pattern, arn, ['.*', '[^:]*', '[^:]']);

/** The six components of an ARN, of which the last may have colons in it; none, if it is no ARN. */
function componentsOf(arn: string): string[] {
  const parts = arn.split(':');
  return parts.length < 6 ? [] : [...parts.slice(0, 5), parts.slice(5).join(':')];
}

/**
 * Each component by itself
 * (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html#Conditions_ARN).
 */
function isArnLike(pattern: string, arn: string): boolean {
  const actual = componentsOf(arn);
  return actual.length > 0 && componentsOf(pattern).every((expected, index) => isLike(expected, actual[index] ?? ''));
}

const isArn = (value: string) => componentsOf(value).length > 0;
const isBoolean = (value: string) => /^(true|false)$/i.test(value);

/**
 * The condition operators in use, each as a comparison of one value; several values are alternatives, or none of them for
 * what begins with a negation (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html).
 */
const OPERATORS: Record<string, Operator> = {
  StringEquals: { compare: (expected, actual) => expected === actual },
  StringLike: { compare: isLike },
  ArnEquals: { compare: isArnLike, takes: isArn },
  ArnLike: { compare: isArnLike, takes: isArn },
  ArnNotLike: { compare: isArnLike, takes: isArn, negated: true },
  Bool: { compare: (expected, actual) => expected.toLowerCase() === actual, takes: isBoolean },
};

interface Operator {
  compare: (expected: string, actual: string) => boolean;
  /** Which values it can compare with; all, if it does not say. */
  takes?: (expected: string) => boolean;
  negated?: true;
}

/** @throws {CloudError} if a statement says what this evaluation does not know: it must not be passed over */
export function checkStatement(statement: Statement, where: string): void {
  for (const element of ['NotAction', 'NotResource', 'NotPrincipal']) {
    if (element in statement) throw new CloudError(`${where}: the embedded cloud does not know ${element}.`);
  }
  for (const [name, keys] of Object.entries(statement.Condition ?? {})) {
    const operator = Object.hasOwn(OPERATORS, name) ? OPERATORS[name] : undefined;
    if (!operator) throw new CloudError(`${where}: the embedded cloud does not know the condition operator ${name}.`);
    for (const value of Object.values(keys).flatMap(listOf).map(String)) {
      if (operator.takes?.(value) === false) {
        throw new CloudError(`${where}: the condition operator ${name} cannot compare with ${value}.`);
      }
    }
  }
}

/** @param context by keys in lower case: their case does not matter */
function holds({ Condition = {} }: Statement, context: Record<string, string>): boolean {
  return Object.entries(Condition).every(([operator, keys]) => {
    const { compare, negated = false } = OPERATORS[operator] as Operator;
    return Object.entries(keys).every(([key, expected]) => {
      const actual = context[key.toLowerCase()];
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
  const account = accountOf(principal.role);
  const ofAccount = [account, `arn:aws:iam::${account}:root`];
  return listOf(named.AWS).some((one) => ofAccount.includes(one)) ? 'its account' : undefined;
}

/** What of a statement a request falls under; nothing, if it does not. */
function grantIn(statement: Statement, { action, resource }: AccessRequest, context: Record<string, string>) {
  const byAction = listOf(statement.Action).find((pattern) => isLike(pattern, action, 'i'));
  const byResource =
    statement.Resource === undefined ? '' : listOf(statement.Resource).find((pattern) => isResource(pattern, resource));
  if (byAction === undefined || byResource === undefined || !holds(statement, context)) return undefined;
  return { action: byAction, resource: byResource };
}

/** What IAM knows of every request in this one account, and over loopback, which counts as safe as TLS. */
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
  const because = `because no ${policy} policy allows the ${action} action on ${resource}`;
  return { allowed: false, because, missing: { action, resource } };
}

/** Every grant that statements make. */
export const grantsOf = (statements: readonly Statement[]): Grant[] =>
  statements.flatMap(({ Effect, Action, Resource }) =>
    Effect === 'Deny'
      ? []
      : listOf(Action).flatMap((action) => listOf(Resource ?? '').map((resource) => ({ action, resource }))),
  );
