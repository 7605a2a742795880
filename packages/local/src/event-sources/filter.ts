type Json = unknown;

/**
 * Whether a record matches one of an event source mapping's filter patterns; without patterns, all do.
 * https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventfiltering.html#filtering-syntax
 * @throws {Error} for an operator that is not imitated, once, when the mapping is made
 */
export function createFilter(patterns: readonly string[]): (record: Json) => boolean {
  const tests = patterns.map((pattern) => compile(JSON.parse(pattern)));
  return (record) => tests.length === 0 || tests.some((test) => test(record));
}

function compile(pattern: Json): (value: Json) => boolean {
  if (Array.isArray(pattern)) {
    const tests = pattern.map(compileLeaf);
    return (value) => (Array.isArray(value) ? value : [value]).some((entry) => tests.some((test) => test(entry)));
  }
  const tests = Object.entries(pattern as Record<string, Json>).map(([key, inner]) => [key, compile(inner)] as const);
  return (value) => tests.every(([key, test]) => test((value as Record<string, Json> | undefined)?.[key]));
}

function compileLeaf(rule: Json): (value: Json) => boolean {
  if (rule === null || typeof rule !== 'object') return (value) => value === rule;
  const [operator = '', argument] = Object.entries(rule)[0] ?? [];
  switch (operator) {
    case 'prefix':
      return (value) => typeof value === 'string' && value.startsWith(String(argument));
    case 'exists':
      return (value) => (value !== undefined) === argument;
    case 'anything-but': {
      const refused = [argument].flat();
      return (value) => !refused.includes(value as never);
    }
    default:
      throw new Error(`the filter operator ${operator} is not imitated`);
  }
}
