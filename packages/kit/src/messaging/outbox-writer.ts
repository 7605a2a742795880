import { isDeepStrictEqual } from 'node:util';
import { TransactionCanceledException } from '@aws-sdk/client-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import { isConflict, itemOfFailedCondition, transact } from '../aws/transact.ts';
import type { AddressedDraft, CommandContext } from './draft.ts';
import { type OutboxRow, outboxPut, type TransactItem } from './outbox.ts';
import { type OutboxWriterOptions, queueItemsOf, queueWrites } from './queue-writes.ts';

type Item = Record<string, unknown>;

/** A state, and the writes that are committed with it in one transaction of at most 100 items. */
export interface Commit<Beside extends string> {
  /** The state: a conditional put. */
  put: NonNullable<TransactItem['Put']>;
  /** Further writes (uniqueness guards, indexes, condition checks), by names that the service chooses. */
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
  /** The stored item when the condition failed; undefined if no item was stored. */
  item?: Item;
}

export type Committed<Beside extends string> =
  | { result: 'done' }
  /** The condition of the put failed. `item`: the stored item at that time; undefined if no item was stored. */
  | { result: 'stale'; item?: Item }
  | Refused<Beside>
  /**
   * Every attempt failed, because other transactions wrote the same items, or other senders sent commands to the same
   * subject.
   */
  | { result: 'busy' };

/** https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html */
const MAX_ITEMS = 100;
/**
 * Maximum number of attempts. An attempt fails if another sender has sent a command to the same subject in the
 * meantime, because that changes the counter of these commands.
 */
const ATTEMPTS = 5;

export type OutboxWriter = ReturnType<typeof createOutboxWriter>;

/**
 * Creates a writer, which commits messages to the outbox together with the state that they report or follow from, in
 * one transaction.
 * @public
 */
export function createOutboxWriter(options: OutboxWriterOptions) {
  const { client, outboxTable } = options;
  const writes = queueWrites(options);

  /** @returns undefined if another sender has changed the counter of the commands to a subject in the meantime */
  async function attempt<Beside extends string>(
    { put, beside, rows = [], send = [], waiting: scheduled = [] }: Commit<Beside>,
    context: CommandContext,
  ): Promise<Committed<Beside> | undefined> {
    const companions = Object.entries(beside ?? {}) as Array<[Beside, TransactItem]>;
    checkSize(rows.length, companions.length, send, scheduled.length);
    const events = rows.map((row) => outboxPut(outboxTable, row));
    const commands = await writes(send, context);
    const items = [{ Put: put }, ...events, ...companions.map(([, item]) => item)].map(returningFailedItem);
    try {
      await transact(client, [...items, ...commands, ...scheduled]);
      return { result: 'done' };
    } catch (error) {
      if (wasRetried(error) && isAlreadyCommitted(error, put, events[0]?.Put)) return { result: 'done' };
      const current = itemOfFailedCondition(error, 0);
      if (current) return { result: 'stale', ...itemOf(current) };
      for (const [index, [by]] of companions.entries()) {
        const found = itemOfFailedCondition(error, 1 + events.length + index);
        if (found) return { result: 'refused', by, ...itemOf(found) };
      }
      // `transact` has retried already.
      if (isConflict(error)) return { result: 'busy' };
      if (commands.some((_, index) => itemOfFailedCondition(error, items.length + index))) return undefined;
      throw error;
    }
  }

  return {
    /**
     * The items that send messages to queues, for the caller's transaction. Reads one counter per subject of an ordered
     * queue. If another sender changes a counter in the meantime, the transaction fails, and the caller must create the
     * items again.
     */
    writes,

    /** The writes of `commit`, for the caller's transaction. The put of the state is the first write. */
    async items<Beside extends string>(
      { put, beside, rows = [], send = [], waiting: scheduled = [] }: Commit<Beside>,
      context: CommandContext,
    ): Promise<TransactItem[]> {
      const events = rows.map((row) => outboxPut(outboxTable, row));
      return [
        { Put: put },
        ...events,
        ...Object.values<TransactItem>(beside ?? {}),
        ...(await writes(send, context)),
        ...scheduled,
      ];
    },

    /**
     * Commits everything or nothing. If a response is lost, and the SDK's retry fails because an earlier attempt was
     * committed, the result is `done`.
     * @throws {TransactionCanceledException} if the transaction fails for a reason that `Committed` does not include,
     * such as a throttled table
     * @throws {Error} if the transaction would have more than 100 items
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

/** @throws {Error} if the writes do not fit into one transaction with the state */
function checkSize(events: number, companions: number, send: readonly AddressedDraft[], waiting: number): void {
  const queued = queueItemsOf(send);
  const size = 1 + events + companions + queued + waiting;
  if (size <= MAX_ITEMS) return;
  throw new Error(
    `a transaction can have ${MAX_ITEMS} items, and this one has ${size}: a state, ${events} events, ${companions} writes of \`beside\`, and ${queued} for ${send.length} messages to queues${waiting > 0 ? `; and ${waiting} for scheduled messages` : ''}`,
  );
}

/** Makes DynamoDB return the existing item if the condition fails, at no cost. */
const returningFailedItem = (item: TransactItem): TransactItem =>
  Object.fromEntries(
    Object.entries(item).map(([kind, input]) => [kind, { ReturnValuesOnConditionCheckFailure: 'ALL_OLD', ...input }]),
  );

/** Whether the SDK retried. If it did, an earlier attempt may have succeeded, and only its response was lost. */
const wasRetried = (error: unknown): boolean =>
  error instanceof TransactionCanceledException && (error.$metadata.attempts ?? 1) > 1;

/**
 * Whether a transaction failed because an earlier attempt at it was committed. In that case, the stored event equals
 * the transaction's event. If the event is already published, and therefore no longer stored, the stored state equals
 * the transaction's state.
 */
function isAlreadyCommitted(error: unknown, state: TransactItem['Put'], event: TransactItem['Put']): boolean {
  const row = itemOfFailedCondition(error, 1);
  if (event && row && Object.keys(row).length > 0) return isDeepStrictEqual(row, marshalled(event));
  const current = itemOfFailedCondition(error, 0);
  return current !== undefined && isDeepStrictEqual(current, marshalled(state));
}

const marshalled = (put: TransactItem['Put']) => marshall(put?.Item, { removeUndefinedValues: true });

const itemOf = (found: Parameters<typeof unmarshall>[0]) =>
  Object.keys(found).length > 0 ? { item: unmarshall(found) } : {};
