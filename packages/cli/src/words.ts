import { OperatorError } from './stage/errors.ts';

/** A text in English and, optionally, in Chinese. Placeholders are in double braces. */
export interface Words {
  readonly en: string;
  readonly zh?: string;
}

type SingularAndPlural = readonly [one: string, many: string];

/** An app's word for its aggregates, in the singular and the plural: `['order', 'orders']`. */
export interface AggregateName {
  /** The singular is the name of an option of `ops token` and `ops tail`: one word of lower-case letters. */
  readonly en: SingularAndPlural;
  readonly zh?: SingularAndPlural;
}

/** Other options of `ops token` or `ops tail`. */
const RESERVED_OPTIONS = ['app', 'bodies', 'endpoint', 'errors', 'help', 'json', 'past', 'scope', 'service', 'stage'];

/**
 * The name of the option with which commands select one aggregate.
 * @throws {OperatorError} if commander would read the name differently, or another option has this name
 */
export function aggregateOption({ en: [name] }: AggregateName): string {
  if (/^[a-z]+$/.test(name) && !RESERVED_OPTIONS.includes(name)) return name;
  throw new OperatorError(
    `rollcall.config.ts: aggregate.en cannot start with "${name}": use one word of lower-case letters, other than ${RESERVED_OPTIONS.join(', ')}.`,
  );
}

export const AGGREGATE = { en: ['aggregate', 'aggregates'], zh: ['聚合', '聚合'] } as const satisfies AggregateName;
