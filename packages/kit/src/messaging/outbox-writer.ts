import { isDeepStrictEqual } from 'node:util';
import { TransactionCanceledException } from '@aws-sdk/client-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import { isConflict, refusedBy, transact } from '../aws/transact.ts';
import type { AddressedDraft, CommandContext } from './draft.ts';
import { type OutboxRow, outboxPut, type TransactItem } from './outbox.ts';
import { type OutboxWriterOptions, queueItemsOf, queueWrites } from './queue-writes.ts';

type Item = Record<string, unknown>;

/** A state and everything committed with it, in one transaction of at most 100 items. */
export interface Commit<Beside extends string> {
  /** A conditional put. */
  put: NonNullable<TransactItem['Put']>;
  /** Further writes (uniqueness guards, indexes, condition checks), by names of the service's own. */
  beside?: Readonly<Record<Beside, TransactItem>>;
  /** Events, as outbox rows. */
  rows?: readonly OutboxRow[];
  /** Messages to queues. */
  send?: readonly AddressedDraft[];
  /** Scheduled messages to add or remove, by unconditional writes. */
  waiting?: readonly TransactItem[];
}

/** The condition of one of a commit's further writes failed. */
export interface Refused<Beside extends string> {
  result: 'refused';
  by: Beside;
  /** The item as it was then; undefined: it did not exist. */
  item?: Item;
}

export type Committed<Beside extends string> =
  | { result: 'done' }
  /** The put's condition failed. `item`: as it was then; undefined: it did not exist. */
  | { result: 'stale'; item?: Item }
  | Refused<Beside>
  /** Concurrent transactions on the same items, or commands to the same subject, won every attempt. */
  | { result: 'busy' };

/** https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html */
const MAX_ITEMS = 100;
/** Another sender counted a command of the same subject in between. */
const ATTEMPTS = 5;

export type OutboxWriter = ReturnType<typeof createOutboxWriter>;

/**
 * Commits messages to the outbox with the state that they report or follow from, in one transaction.
 * @public
 */
export function createOutboxWriter(options: OutboxWriterOptions) {
  const { client, outboxTable } = options;
  const writes = queueWrites(options);

  /** @returns undefined if another sender counted a command of the same subject in between */
  async function attempt<Beside extends string>(
    { put, beside, rows = [], send = [], waiting: changed = [] }: Commit<Beside>,
    context: CommandContext,
  ): Promise<Committed<Beside> | undefined> {
    const companions = Object.entries(beside ?? {}) as Array<[Beside, TransactItem]>;
    checkSize(rows.length, companions.length, send, changed.length);
    const events = rows.map((row) => outboxPut(outboxTable, row));
    const commands = await writes(send, context);
    const items = [{ Put: put }, ...events, ...companions.map(([, item]) => item)].map(returningFailedItem);
    try {
      await transact(client, [...items, ...commands, ...changed]);
      return { result: 'done' };
    } catch (error) {
      if (wasRetried(error) && isOwn(error, put, events[0]?.Put)) return { result: 'done' };
      const stands = refusedBy(error, 0);
      if (stands) return { result: 'stale', ...itemOf(stands) };
      for (const [index, [by]] of companions.entries()) {
        const found = refusedBy(error, 1 + events.length + index);
        if (found) return { result: 'refused', by, ...itemOf(found) };
      }
      // `transact` has retried already.
      if (isConflict(error)) return { result: 'busy' };
      if (commands.some((_, index) => refusedBy(error, items.length + index))) return undefined;
      throw error;
    }
  }

  return {
    /**
     * Items that send messages to queues, for a transaction of the caller's. Reads one counter per subject of an
     * ordered queue. If another sender moves a counter in between, the transaction fails, and the items must be created
     * again.
     */
    writes,

    /** The writes of `commit`, for a transaction of the caller's: the put first. */
    async items<Beside extends string>(
      { put, beside, rows = [], send = [], waiting: changed = [] }: Commit<Beside>,
      context: CommandContext,
    ): Promise<TransactItem[]> {
      const events = rows.map((row) => outboxPut(outboxTable, row));
      return [
        { Put: put },
        ...events,
        ...Object.values<TransactItem>(beside ?? {}),
        ...(await writes(send, context)),
        ...changed,
      ];
    },

    /**
     * Commits everything or nothing. If a response is lost and the SDK's next attempt fails on its own write, that
     * counts as success.
     * @throws {TransactionCanceledException} if it fails for another reason, such as a throttled table
     */
    async commit<Beside extends string = never>(
      commit: Commit<Beside>,
      context: CommandContext,
    ): Promise<Committed<Beside>> {
      for (let count = 1; count <= ATTEMPTS; count++) {
        const committed = await attempt(commit, context);
        if (committed) return committed;
      }
      return { result: 'busy' };
    },
  };
}

/** @throws {Error} if they do not fit into one transaction with the state */
function checkSize(events: number, companions: number, send: readonly AddressedDraft[], waiting: number): void {
  const queued = queueItemsOf(send);
  const size = 1 + events + companions + queued + waiting;
  if (size <= MAX_ITEMS) return;
  throw new Error(
    `a transaction takes ${MAX_ITEMS} items, and this one has ${size}: a state, ${events} events, ${companions} writes beside them, and ${queued} for ${send.length} messages to queues${waiting > 0 ? `; and ${waiting} for scheduled messages` : ''}`,
  );
}

/** Makes DynamoDB return the item if its condition fails, at no cost. */
const returningFailedItem = (item: TransactItem): TransactItem =>
  Object.fromEntries(
    Object.entries(item).map(([kind, input]) => [kind, { ReturnValuesOnConditionCheckFailure: 'ALL_OLD', ...input }]),
  );

/** Whether an earlier attempt of the SDK, whose response was lost, may have succeeded. */
const wasRetried = (error: unknown): boolean =>
  error instanceof TransactionCanceledException && (error.$metadata.attempts ?? 1) > 1;

/** Whether a transaction failed on its own earlier write: its event, as long as that is unpublished, or its state. */
function isOwn(error: unknown, state: TransactItem['Put'], event: TransactItem['Put']): boolean {
  const row = refusedBy(error, 1);
  if (event && row && Object.keys(row).length > 0) return isDeepStrictEqual(row, marshalled(event));
  const stands = refusedBy(error, 0);
  return stands !== undefined && isDeepStrictEqual(stands, marshalled(state));
}

const marshalled = (put: TransactItem['Put']) => marshall(put?.Item, { removeUndefinedValues: true });

const itemOf = (found: Parameters<typeof unmarshall>[0]) =>
  Object.keys(found).length > 0 ? { item: unmarshall(found) } : {};
