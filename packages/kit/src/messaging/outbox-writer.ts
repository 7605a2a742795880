import { isDeepStrictEqual } from 'node:util';
import { TransactionCanceledException } from '@aws-sdk/client-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import { isConflict, refusedBy, transact } from '../aws/transact.ts';
import type { AddressedDraft, CommandContext } from './draft.ts';
import { type OutboxRow, outboxPut, type TransactItem } from './outbox.ts';
import { type OutboxWriterOptions, queueItemsOf, queueWrites } from './queue-writes.ts';

type Item = Record<string, unknown>;

/** A state, and what is committed with it: one transaction, of at most 100 items. */
export interface Commit<Beside extends string> {
  /** A conditional put. */
  put: NonNullable<TransactItem['Put']>;
  /** Guards, marks, indexes, checks of the service, by names of its own. */
  beside?: Readonly<Record<Beside, TransactItem>>;
  /** Events, in outbox rows. */
  rows?: readonly OutboxRow[];
  /** To queues. */
  send?: readonly AddressedDraft[];
  /** What begins or ends to wait, by writes without conditions. */
  waiting?: readonly TransactItem[];
}

/** One of a commit's companions refused it. */
export interface Refused<Beside extends string> {
  result: 'refused';
  by: Beside;
  /** As it was then; undefined: there was none. */
  item?: Item;
}

export type Committed<Beside extends string> =
  | { result: 'done' }
  /** The put's condition refused it. `item`: as it was then; undefined: there was none. */
  | { result: 'stale'; item?: Item }
  | Refused<Beside>
  /** Others were at work on the same items each time, or sent commands to the same subject. */
  | { result: 'busy' };

/** https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html */
const MAX_ITEMS = 100;
/** Others counted a command of the same subject in between. */
const ATTEMPTS = 5;

export type OutboxWriter = ReturnType<typeof createOutboxWriter>;

/**
 * Commits messages to the outbox with the state that they report or follow from, in one transaction.
 * @public
 */
export function createOutboxWriter(options: OutboxWriterOptions) {
  const { client, outboxTable } = options;
  const writes = queueWrites(options);

  /** @returns nothing, if others have counted a command of the same subject in between */
  async function attempt<Beside extends string>(
    { put, beside, rows = [], send = [], waiting: changed = [] }: Commit<Beside>,
    context: CommandContext,
  ): Promise<Committed<Beside> | undefined> {
    const companions = Object.entries(beside ?? {}) as Array<[Beside, TransactItem]>;
    checkSize(rows.length, companions.length, send, changed.length);
    const events = rows.map((row) => outboxPut(outboxTable, row));
    const commands = await writes(send, context);
    const items = [{ Put: put }, ...events, ...companions.map(([, item]) => item)].map(showingWhatRefuses);
    try {
      await transact(client, [...items, ...commands, ...changed]);
      return { result: 'done' };
    } catch (error) {
      if (wasTriedAgain(error) && isOwn(error, put, events[0]?.Put)) return { result: 'done' };
      const stands = refusedBy(error, 0);
      if (stands) return { result: 'stale', ...itemOf(stands) };
      for (const [index, [by]] of companions.entries()) {
        const found = refusedBy(error, 1 + events.length + index);
        if (found) return { result: 'refused', by, ...itemOf(found) };
      }
      // `transact` has tried it several times.
      if (isConflict(error)) return { result: 'busy' };
      if (commands.some((_, index) => refusedBy(error, items.length + index))) return undefined;
      throw error;
    }
  }

  return {
    /**
     * Items that send messages to queues, for a transaction of the caller's. Reads a count for each subject of a queue that
     * keeps order; if others send to it meanwhile, the items refuse the transaction, and have to be made again.
     */
    writes,

    /** What `commit` writes, for a transaction of the caller's: the put first. */
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
     * Writes all of it or nothing. If the answer was lost and the SDK was refused by its own write, that is done.
     * @throws {TransactionCanceledException} if it was refused for another reason, such as a throttled table
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

/** @throws {Error} if they are too many for one transaction, beside the state */
function checkSize(events: number, companions: number, send: readonly AddressedDraft[], waiting: number): void {
  const queued = queueItemsOf(send);
  const size = 1 + events + companions + queued + waiting;
  if (size <= MAX_ITEMS) return;
  throw new Error(
    `a transaction takes ${MAX_ITEMS} items, and this has ${size}: a state, ${events} events, ${companions} beside them, and ${queued} of ${send.length} messages to queues${waiting > 0 ? `; and ${waiting} of messages that wait` : ''}`,
  );
}

/** Adds what DynamoDB is to tell if the item's condition fails; it costs nothing. */
const showingWhatRefuses = (item: TransactItem): TransactItem =>
  Object.fromEntries(
    Object.entries(item).map(([kind, input]) => [kind, { ReturnValuesOnConditionCheckFailure: 'ALL_OLD', ...input }]),
  );

/** Whether an attempt before may have taken effect, whose answer the SDK did not get. */
const wasTriedAgain = (error: unknown): boolean =>
  error instanceof TransactionCanceledException && (error.$metadata.attempts ?? 1) > 1;

/** Whether what refused a transaction is what it wrote itself: its event, as long as that is not published; or its state. */
function isOwn(error: unknown, state: TransactItem['Put'], event: TransactItem['Put']): boolean {
  const row = refusedBy(error, 1);
  if (event && row && Object.keys(row).length > 0) return isDeepStrictEqual(row, marshalled(event));
  const stands = refusedBy(error, 0);
  return stands !== undefined && isDeepStrictEqual(stands, marshalled(state));
}

const marshalled = (put: TransactItem['Put']) => marshall(put?.Item, { removeUndefinedValues: true });

const itemOf = (found: Parameters<typeof unmarshall>[0]) =>
  Object.keys(found).length > 0 ? { item: unmarshall(found) } : {};
