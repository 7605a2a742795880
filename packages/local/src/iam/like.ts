const patterns = new Map<string, RegExp>();

/** @param wildcards replacements for a `*` at the end of a segment, for any other `*`, and for `?` */
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

/** Whether a value matches a pattern in which `*` matches any characters, and `?` matches one character. */
export const isLike = (pattern: string, value: string, flags = '') => matches(pattern, value, ['.*', '.*', '.'], flags);

/**
 * Whether an ARN matches a pattern. Wildcards match within a segment between colons, except that a `*` at the end of a
 * segment also matches the segments after it
 * (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html).
 */
export const isResource = (pattern: string, arn: string) => matches(pattern, arn, ['.*', '[^:]*', '[^:]']);

/** The six components of an ARN; empty if the text is not an ARN. The last component may contain colons. */
export function componentsOf(arn: string): string[] {
  const parts = arn.split(':');
  return parts.length < 6 ? [] : [...parts.slice(0, 5), parts.slice(5).join(':')];
}

/**
 * Whether an ARN matches a pattern, compared component by component
 * (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html#Conditions_ARN).
 */
export function isArnLike(pattern: string, arn: string): boolean {
  const actual = componentsOf(arn);
  return actual.length > 0 && componentsOf(pattern).every((expected, index) => isLike(expected, actual[index] ?? ''));
}
