import { isDeepStrictEqual } from 'node:util';

export type Item = Readonly<Record<string, unknown>>;

/** The names and values to which an expression's `#names` and `:values` refer. */
export interface Bindings {
  ExpressionAttributeNames?: Record<string, string> | undefined;
  ExpressionAttributeValues?: Record<string, unknown> | undefined;
}

type Operand = (item: Item, bindings: Bindings) => unknown;
type Condition = (item: Item, bindings: Bindings) => boolean;
type Assignment = (before: Item, after: Record<string, unknown>, bindings: Bindings) => void;

const TOKEN = /<>|<=|>=|[=<>(),+]|[:#]?\w+/g;

const COMPARISONS: Record<string, (a: unknown, b: unknown) => boolean> = {
  '=': isDeepStrictEqual,
  '<>': (a, b) => !isDeepStrictEqual(a, b),
  '<': (a, b) => (a as number) < (b as number),
  '<=': (a, b) => (a as number) <= (b as number),
  '>': (a, b) => (a as number) > (b as number),
  '>=': (a, b) => (a as number) >= (b as number),
};

const FUNCTIONS: Record<string, (value: unknown, argument: unknown) => boolean> = {
  attribute_exists: (value) => value !== undefined,
  attribute_not_exists: (value) => value === undefined,
  begins_with: (value, beginning) => typeof value === 'string' && value.startsWith(beginning as string),
};

/** A parser for the subset of DynamoDB's expressions that the simulation supports. */
class Parser {
  readonly #tokens: readonly string[];
  #next = 0;

  constructor(expression: string) {
    this.#tokens = expression.match(TOKEN) ?? [];
  }

  #take(): string {
    const token = this.#tokens[this.#next++];
    if (token === undefined) throw new Error(`the expression ends too early: ${this.#tokens.join(' ')}`);
    return token;
  }

  #accept(token: string): boolean {
    if (this.#tokens[this.#next] !== token) return false;
    this.#next++;
    return true;
  }

  #expect(token: string): void {
    if (!this.#accept(token)) throw new Error(`${token} is missing in ${this.#tokens.join(' ')}`);
  }

  condition(): Condition {
    const alternatives = [this.#conjunction()];
    while (this.#accept('OR')) alternatives.push(this.#conjunction());
    return (item, bindings) => alternatives.some((holds) => holds(item, bindings));
  }

  #conjunction(): Condition {
    const all = [this.#comparison()];
    while (this.#accept('AND')) all.push(this.#comparison());
    return (item, bindings) => all.every((holds) => holds(item, bindings));
  }

  #comparison(): Condition {
    if (this.#accept('(')) {
      const inner = this.condition();
      this.#expect(')');
      return inner;
    }
    const test = FUNCTIONS[this.#tokens[this.#next] ?? ''];
    if (test) {
      this.#take();
      this.#expect('(');
      const value = this.#operand();
      const argument = this.#accept(',') ? this.#operand() : () => undefined;
      this.#expect(')');
      return (item, bindings) => test(value(item, bindings), argument(item, bindings));
    }
    const left = this.#operand();
    const operator = this.#take();
    const compare = COMPARISONS[operator];
    if (!compare) throw new Error(`unknown comparison ${operator} in ${this.#tokens.join(' ')}`);
    const right = this.#operand();
    return (item, bindings) => {
      const value = left(item, bindings);
      return value !== undefined && compare(value, right(item, bindings));
    };
  }

  #operand(): Operand {
    const token = this.#take();
    if (token.startsWith(':')) return (_, { ExpressionAttributeValues: values }) => values?.[token];
    if (token !== 'if_not_exists') return (item, bindings) => item[nameOf(token, bindings)];
    this.#expect('(');
    const present = this.#operand();
    this.#expect(',');
    const otherwise = this.#operand();
    this.#expect(')');
    return (item, bindings) => present(item, bindings) ?? otherwise(item, bindings);
  }

  update(): Assignment[] {
    const assignments: Assignment[] = [];
    while (this.#next < this.#tokens.length) {
      const clause = this.#take();
      do assignments.push(this.#assignment(clause));
      while (this.#accept(','));
    }
    return assignments;
  }

  #assignment(clause: string): Assignment {
    const path = this.#take();
    if (clause === 'REMOVE') return (_, after, bindings) => void delete after[nameOf(path, bindings)];
    if (clause === 'SET') this.#expect('=');
    else if (clause !== 'ADD') throw new Error(`unknown clause ${clause} in ${this.#tokens.join(' ')}`);
    const value = this.#operand();
    return (before, after, bindings) => {
      const name = nameOf(path, bindings);
      const added = clause === 'ADD' ? Number(before[name] ?? 0) : 0;
      after[name] = clause === 'ADD' ? added + Number(value(before, bindings)) : value(before, bindings);
    };
  }
}

const nameOf = (token: string, { ExpressionAttributeNames: names }: Bindings): string => names?.[token] ?? token;

/** Caches parsed expressions, because there are few expressions and each one is evaluated very often. */
const cached = <T>(parse: (parser: Parser) => T) => {
  const cache = new Map<string, T>();
  return (expression: string): T => {
    const parsed = cache.get(expression) ?? parse(new Parser(expression));
    cache.set(expression, parsed);
    return parsed;
  };
};

const conditionOf = cached((parser) => parser.condition());
const assignmentsOf = cached((parser) => parser.update());

/** Whether a condition holds for an item. A missing item has no attributes. */
export const holds = (condition: string | undefined, item: Item | undefined, bindings: Bindings): boolean =>
  condition === undefined || conditionOf(condition)(item ?? {}, bindings);

/** The item after an update. */
export function updated(expression: string, before: Item, bindings: Bindings): Item {
  const after: Record<string, unknown> = { ...before };
  for (const assign of assignmentsOf(expression)) assign(before, after, bindings);
  return after;
}
