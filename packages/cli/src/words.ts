/** What a person reads, in English, and in Chinese where an app has it; in double braces stand names of what is put in. */
export interface Words {
  readonly en: string;
  readonly zh?: string;
}

type OneAndMany = readonly [one: string, many: string];

/** What an app calls what its messages are about, one of it and several: `['order', 'orders']`. */
export interface AggregateName {
  /** Lower case, without spaces: commands have an option of this name. */
  readonly en: OneAndMany;
  readonly zh?: OneAndMany;
}

export const AGGREGATE = { en: ['aggregate', 'aggregates'], zh: ['聚合', '聚合'] } as const satisfies AggregateName;
