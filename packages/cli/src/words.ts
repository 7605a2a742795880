import { OperatorError } from './stage/errors.ts';

/** What a person reads, in English, and in Chinese where an app has it; in double braces stand names of what is put in. */
export interface Words {
  readonly en: string;
  readonly zh?: string;
}

type OneAndMany = readonly [one: string, many: string];

/** What an app calls what its messages are about, one of it and several: `['order', 'orders']`. */
export interface AggregateName {
  /** The first is one word of lower-case letters: `ops token` and `ops tail` have an option of this name. */
  readonly en: OneAndMany;
  readonly zh?: OneAndMany;
}

/** Options that `ops token` or `ops tail` have beside it. */
const TAKEN = ['app', 'bodies', 'endpoint', 'errors', 'help', 'json', 'past', 'scope', 'service', 'stage'];

/**
 * The option by which commands are told of one aggregate.
 * @throws {OperatorError} if it would not be read as it is written, or mean something else
 */
export function optionOf({ en: [name] }: AggregateName): string {
  if (/^[a-z]+$/.test(name) && !TAKEN.includes(name)) return name;
  throw new OperatorError(
    `rollcall.config.ts: aggregate.en cannot begin with "${name}": one word of lower-case letters, and none of ${TAKEN.join(', ')}.`,
  );
}

export const AGGREGATE = { en: ['aggregate', 'aggregates'], zh: ['聚合', '聚合'] } as const satisfies AggregateName;
