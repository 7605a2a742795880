import { CloudError } from '../errors/cloud-error.ts';
import { componentsOf, isArnLike, isLike } from './like.ts';

interface Operator {
  compare: (expected: string, actual: string) => boolean;
  /** Whether the operator accepts a value in a condition. Default: all values. */
  accepts?: (expected: string) => boolean;
  negated?: true;
}

const isArn = (value: string) => componentsOf(value).length > 0;
const isBoolean = (value: string) => /^(true|false)$/i.test(value);
const isEqual = (expected: string, actual: string) => expected === actual;
const isEqualIgnoringCase = (expected: string, actual: string) => expected.toLowerCase() === actual.toLowerCase();

/**
 * The supported condition operators, each as a comparison with one value. A condition with several values is met if at
 * least one value matches. With a negated operator, the condition is met if no value matches
 * (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html).
 */
const OPERATORS: Record<string, Operator> = {
  StringEquals: { compare: isEqual },
  StringNotEquals: { compare: isEqual, negated: true },
  StringEqualsIgnoreCase: { compare: isEqualIgnoringCase },
  StringNotEqualsIgnoreCase: { compare: isEqualIgnoringCase, negated: true },
  StringLike: { compare: isLike },
  StringNotLike: { compare: isLike, negated: true },
  ArnEquals: { compare: isArnLike, accepts: isArn },
  ArnNotEquals: { compare: isArnLike, accepts: isArn, negated: true },
  ArnLike: { compare: isArnLike, accepts: isArn },
  ArnNotLike: { compare: isArnLike, accepts: isArn, negated: true },
  Bool: { compare: isEqualIgnoringCase, accepts: isBoolean },
};

/**
 * The operator `Null`. The value `true` requires that the condition key is absent, and `false` requires that the key is
 * present.
 */
const NULL: Operator = { compare: () => false, accepts: isBoolean };

/** The condition keys that a call in the embedded cloud has if and only if the same call on AWS has them. */
const KNOWN_KEYS = [
  /^aws:(SecureTransport|PrincipalIsAWSService|PrincipalArn|PrincipalAccount|SourceArn|SourceAccount)$/i,
  /^kms:(ViaService|CallerAccount|EncryptionContext:aws:logs:arn)$/i,
  /^(s3:prefix|servicediscovery:\w+)$/i,
];

interface Condition extends Operator {
  holdsIfAbsent: boolean;
}

const conditions = new Map<string, Condition | undefined>();

/**
 * Finds a condition by the name of its operator. The name may have a prefix for multivalued keys, such as
 * `ForAnyValue:`, and the suffix `IfExists` for keys that may be absent. In the embedded cloud, each key has only one
 * value, which is treated as a set of one value
 * (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html).
 */
function conditionOf(name: string): Condition | undefined {
  if (!conditions.has(name)) {
    const [, set, base = '', ifExists] = /^(?:(ForAnyValue|ForAllValues):)?(\w+?)(IfExists)?$/.exec(name) ?? [];
    const operator = base === 'Null' ? NULL : Object.hasOwn(OPERATORS, base) ? OPERATORS[base] : undefined;
    const isNegated = operator?.negated === true && set !== 'ForAnyValue';
    const holdsIfAbsent = isNegated || set === 'ForAllValues' || ifExists !== undefined;
    conditions.set(name, operator && { ...operator, holdsIfAbsent });
  }
  return conditions.get(name);
}

const isNull = (name: string) => /(^|:)Null$/.test(name);

/**
 * @throws {CloudError} if the embedded cloud cannot evaluate a condition, because ignoring the condition could allow
 * too much
 */
export function checkCondition(name: string, keys: Record<string, string | string[] | boolean>, where: string): void {
  const condition = conditionOf(name);
  if (!condition) throw new CloudError(`${where}: the embedded cloud does not support the condition operator ${name}.`);
  for (const [key, expected] of Object.entries(keys)) {
    for (const value of [expected].flat().map(String)) {
      if (condition.accepts?.(value) === false)
        throw new CloudError(`${where}: the condition operator ${name} cannot compare with ${value}.`);
    }
    const isKnown = KNOWN_KEYS.some((known) => known.test(key));
    // An unknown key is absent in the embedded cloud, but may be present on AWS. A condition that is met if the key is
    // absent would therefore be met here, but perhaps not on AWS.
    if (!isKnown && (condition.holdsIfAbsent || isNull(name)))
      throw new CloudError(
        `${where}: the embedded cloud does not support the condition key ${key} with ${name}, whose result depends on whether the key is absent.`,
      );
  }
}

/**
 * Evaluates a condition that passed {@link checkCondition}.
 * @param actual undefined: the call does not have this key
 */
export function isMet(name: string, expected: readonly string[], actual: string | undefined): boolean {
  const condition = conditionOf(name) as Condition;
  if (isNull(name)) return expected.some((value) => (value.toLowerCase() === 'true') === (actual === undefined));
  if (actual === undefined) return condition.holdsIfAbsent;
  return expected.some((value) => condition.compare(value, actual)) !== (condition.negated ?? false);
}
