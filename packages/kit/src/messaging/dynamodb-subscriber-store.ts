import { createBegun } from './dynamodb-subscriber-store/begun.ts';
import { createCursor } from './dynamodb-subscriber-store/cursor.ts';
import { createDiscarded } from './dynamodb-subscriber-store/discarded.ts';
import { createErasure } from './dynamodb-subscriber-store/erasure.ts';
import { createParked } from './dynamodb-subscriber-store/parked.ts';
import type { SubscriberTable } from './dynamodb-subscriber-store/table.ts';
import { createUnsent } from './dynamodb-subscriber-store/unsent.ts';
import { stateChanges } from './state-changes.ts';
import type { SubscriberStore } from './subscriber-store.ts';

/** The subscriber store on the subscriber's own DynamoDB table. */
export function createSubscriberStore(table: SubscriberTable): SubscriberStore {
  const cursor = createCursor(table);
  return {
    ...cursor,
    ...createUnsent(table),
    ...createParked(table),
    ...createBegun(table),
    ...createDiscarded(table, cursor.commit),
    ...createErasure(table),
    change: stateChanges(table.client),
  };
}
