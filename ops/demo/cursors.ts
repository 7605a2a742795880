import { BEGUN, DISCARDED, PARKED } from '@rollcall/kit/internal/contracts/subscriber-table';
import type { Item } from './services.ts';

/**
 * The prefixes of the sort keys of items about single messages in a subscriber's table. These items contain no cursor.
 */
const MESSAGE_PREFIXES = [PARKED, DISCARDED, BEGUN];

/**
 * Returns the items with a subscriber's cursors, by member. The sort key of these items differs between subscribers.
 */
export const cursorsOf = (items: readonly Item[]): Map<string, Item & { version: number }> =>
  new Map(items.filter(isCursor).map((item) => [item.pk, item]));

const isCursor = (item: Item): item is Item & { version: number } =>
  typeof item.version === 'number' && !MESSAGE_PREFIXES.some((prefix) => item.sk.startsWith(prefix));
