import { OperatorError } from './stage/errors.ts';

/** A text for people, in English and, where an app has it, in Chinese; placeholders are in double braces. */
export interface Words {
  readonly en: string;
  readonly zh?: string;
}

type OneAndMany = readonly [one: string, many: string];

/** An app's name for its aggregates, singular and plural: `['order', 'orders']`. */
export interface AggregateName {
  /** The singular is one word of lower-case letters: `ops token` and `ops tail` have an option of this name. */
  readonly en: OneAndMany;
  readonly zh?: OneAndMany;
}

/** Other options of `ops token` or `ops tail`. */
const TAKEN = ['app', 'bodies', 'endpoint', 'errors', 'help', 'json', 'past', 'scope', 'service', 'stage'];

/**
 * The option by which commands select one aggregate.
 * @throws {OperatorError} if commander would read it differently, or it collides with another option
 */
export function optionOf({ en: [name] }: AggregateName): string {
  if (/^[a-z]+$/.test(name) && !TAKEN.includes(name)) return name;
  throw new OperatorError(
    `rollcall.config.ts: aggregate.en cannot start with "${name}": use one word of lower-case letters, other than ${TAKEN.join(', ')}.`,
  );
}

export const AGGREGATE = { en: ['aggregate', 'aggregates'], zh: ['聚合', '聚合'] } as const satisfies AggregateName;
