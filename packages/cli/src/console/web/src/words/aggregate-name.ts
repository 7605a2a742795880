import type { AggregateName } from '../../../../words.ts';

const capital = (word: string) => word.charAt(0).toUpperCase() + word.slice(1);

/** Inserts the app's name for its aggregates into all texts. */
export function withAggregateName<T extends object>(words: T, [one, many]: AggregateName['en']): T {
  const names: Record<string, string> = {
    ...{ '{aggregate}': one, '{aggregates}': many },
    ...{ '{Aggregate}': capital(one), '{Aggregates}': capital(many) },
  };
  return JSON.parse(JSON.stringify(words), (_, value: unknown) =>
    typeof value === 'string' ? value.replaceAll(/{[Aa]ggregates?}/g, (name) => names[name] ?? name) : value,
  ) as T;
}
