import { BEGUN, DISCARDED, PARKED } from '@rollcall/kit/internal/contracts/subscriber-table';
import type { Item } from './services.ts';

/**
 * Besides its own items, a subscriber's table has records of parked and discarded messages, whose versions were not
 * applied.
 */
const SET_ASIDE = [PARKED, DISCARDED, BEGUN];

/** By member, the item with the version that a subscriber has applied, whatever its key is. */
export const cursorsOf = (items: readonly Item[]): Map<string, Item & { version: number }> =>
  new Map(items.filter(isCursor).map((item) => [item.pk, item]));

const isCursor = (item: Item): item is Item & { version: number } =>
  typeof item.version === 'number' && !SET_ASIDE.some((prefix) => item.sk.startsWith(prefix));
