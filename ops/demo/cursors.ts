import { BEGUN, DISCARDED, PARKED } from '@rollcall/kit/internal/contracts/subscriber-table';
import type { Item } from './services.ts';

/** Prefixes of the records of parked and discarded messages in a subscriber's table. Their versions were not applied. */
const SET_ASIDE = [PARKED, DISCARDED, BEGUN];

/** Returns, by member, the item with the version that a subscriber has applied. The item's key differs by subscriber. */
export const cursorsOf = (items: readonly Item[]): Map<string, Item & { version: number }> =>
  new Map(items.filter(isCursor).map((item) => [item.pk, item]));

const isCursor = (item: Item): item is Item & { version: number } =>
  typeof item.version === 'number' && !SET_ASIDE.some((prefix) => item.sk.startsWith(prefix));
