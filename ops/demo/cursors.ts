import { BEGUN, DISCARDED, PARKED } from '@rollcall/kit/internal/contracts/subscriber-table';
import type { Item } from './services.ts';

/** The prefixes of the keys of parked and discarded messages in a subscriber's table. These messages were not applied. */
const NOT_APPLIED_PREFIXES = [PARKED, DISCARDED, BEGUN];

/** Returns, by member, the item that contains the version that a subscriber has applied. The item's key differs by subscriber. */
export const cursorsOf = (items: readonly Item[]): Map<string, Item & { version: number }> =>
  new Map(items.filter(isCursor).map((item) => [item.pk, item]));

const isCursor = (item: Item): item is Item & { version: number } =>
  typeof item.version === 'number' && !NOT_APPLIED_PREFIXES.some((prefix) => item.sk.startsWith(prefix));
