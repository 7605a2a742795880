import type { Version } from './history.ts';

export const versionsOf = (entries: readonly Version[], aggregateId: string): number[] =>
  entries.filter((entry) => entry.aggregateId === aggregateId).map(({ version }) => version);

export const has = (entries: readonly Version[], { aggregateId, version }: Version): boolean =>
  entries.some((entry) => entry.aggregateId === aggregateId && entry.version === version);

export const nameOf = ({ aggregateId, version }: Version): string => `${aggregateId} v${version}`;
