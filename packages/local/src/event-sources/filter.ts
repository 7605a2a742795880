import { BlockList, isIPv4, isIPv6 } from 'node:net';

type Json = unknown;
type Test = (value: Json) => boolean;

/**
 * Creates a function that tests whether a record matches one of the patterns of an event source mapping, or whether an
 * event matches the pattern of a rule. Without patterns, every record matches.
 * https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventfiltering.html#filtering-syntax,
 * https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html
 * @throws {Error} if a pattern is invalid, or has an operator that is not implemented
 */
export function createFilter(patterns: readonly string[]): Test {
  const tests = patterns.map((pattern) => compile(JSON.parse(pattern)));
  return (record) => tests.length === 0 || tests.some((test) => test(record));
}

function compile(pattern: Json): Test {
  if (Array.isArray(pattern)) {
    const tests = pattern.map(compileLeaf);
    return (value) => (Array.isArray(value) ? value : [value]).some((entry) => tests.some((test) => test(entry)));
  }
  if (pattern === null || typeof pattern !== 'object')
    throw new Error(`in a filter, the value ${JSON.stringify(pattern)} must be in an array`);
  const tests = Object.entries(pattern).map(([key, inner]) => compileField(key, inner));
  const matchesFields: Test = (value) => tests.every((test) => test(value));
  return (value) => (Array.isArray(value) ? value.some(matchesFields) : matchesFields(value));
}

function compileField(key: string, inner: Json): Test {
  if (key === '$or' && Array.isArray(inner) && inner.every((alternative) => typeof alternative === 'object')) {
    const alternatives = inner.map(compile);
    return (value) => alternatives.some((test) => test(value));
  }
  const test = compile(inner);
  return (value) => test((value as Record<string, Json> | null | undefined)?.[key]);
}

const forText =
  (test: (text: string) => boolean): Test =>
  (value) =>
    typeof value === 'string' && test(value);

/** The operators, each as a test of one value. */
const OPERATORS: Record<string, (argument: Json) => Test> = {
  prefix: (argument) => textOperator(argument, (text, start) => text.startsWith(start)),
  suffix: (argument) => textOperator(argument, (text, end) => text.endsWith(end)),
  'equals-ignore-case': (argument) => {
    const expected = String(argument).toLowerCase();
    return forText((text) => text.toLowerCase() === expected);
  },
  wildcard: (argument) => {
    const expression = wildcard(String(argument));
    return forText((text) => expression.test(text));
  },
  cidr: (argument) => forText(cidr(String(argument))),
  numeric: (argument) => numeric(argument as Json[]),
  exists: (argument) => (value) => (value !== undefined) === argument,
  'anything-but': (argument) => {
    const refused = isOperator(argument)
      ? Object.entries(argument).flatMap(([name, inner]) =>
          [inner].flat().map((operand) => compileLeaf({ [name]: operand })),
        )
      : [argument].flat().map(compileLeaf);
    return (value) => value !== undefined && !refused.some((test) => test(value));
  },
};

const isOperator = (value: Json): value is object =>
  value !== null && typeof value === 'object' && !Array.isArray(value);

function compileLeaf(rule: Json): Test {
  if (!isOperator(rule)) return (value) => value === rule;
  const [[operator = '', argument] = []] = Object.entries(rule);
  const make = Object.hasOwn(OPERATORS, operator) ? OPERATORS[operator] : undefined;
  if (!make) throw new Error(`the filter operator ${operator} is not supported`);
  return make(argument);
}

/** Compares text with an argument: a string, or `{ "equals-ignore-case": string }` to ignore case. */
function textOperator(argument: Json, compare: (text: string, expected: string) => boolean): Test {
  if (!isOperator(argument)) return forText((text) => compare(text, String(argument)));
  const expected = String((argument as Record<string, Json>)['equals-ignore-case']).toLowerCase();
  return forText((text) => compare(text.toLowerCase(), expected));
}

/** `*` matches any characters, and `\*` matches an asterisk. */
function wildcard(pattern: string): RegExp {
  const source = pattern
    .split(/(\\\*|\\\\|\*)/)
    .map((part) => (part === '*' ? '.*' : part.replace(/^\\([*\\])$/, '$1').replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')));
  return new RegExp(`^${source.join('')}$`, 's');
}

function cidr(range: string): (address: string) => boolean {
  const [network = '', bits] = range.split('/');
  const family = isIPv4(network) ? 'ipv4' : 'ipv6';
  const list = new BlockList();
  list.addSubnet(network, Number(bits), family);
  return (address) => (family === 'ipv4' ? isIPv4(address) : isIPv6(address)) && list.check(address, family);
}

const COMPARISONS: Record<string, (value: number, operand: number) => boolean> = {
  '=': (value, operand) => value === operand,
  '>': (value, operand) => value > operand,
  '>=': (value, operand) => value >= operand,
  '<': (value, operand) => value < operand,
  '<=': (value, operand) => value <= operand,
};

/** @param terms such as `[">", 0, "<=", 5]` */
function numeric(terms: readonly Json[]): Test {
  const tests = terms.flatMap((term, index) => {
    if (index % 2 === 1) return [];
    const compare = COMPARISONS[String(term)];
    if (!compare) throw new Error(`the filter operator numeric does not support the comparison ${term}`);
    return (value: number) => compare(value, Number(terms[index + 1]));
  });
  return (value) => typeof value === 'number' && tests.every((test) => test(value));
}
