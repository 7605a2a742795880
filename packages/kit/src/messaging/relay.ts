import pMap from 'p-map';
import { PermanentError } from './errors.ts';
import type { Outbox, OutboxRow } from './outbox.ts';
import type { Sender } from './sender.ts';

/**
 * The number of rows whose data is erased in parallel. For each row, up to twenty objects may be deleted in parallel,
 * and a function can have 1,024 open files (https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html).
 */
const MAX_PARALLEL = 10;

export interface PublishReport {
  published: OutboxRow[];
  /** Aggregates with a row that is still in the outbox, with the errors. */
  failed: Map<string, Error>;
}

export type Relay = ReturnType<typeof createRelay>;

export interface RelayOptions {
  outbox: Outbox;
  sender: Sender;
  /** Erases the data of large messages about a subject. Default: a row that requires an erasure fails. */
  erase?: (channel: string, subject: string) => Promise<void>;
}

async function failToErase(channel: string, subject: string): Promise<void> {
  throw new Error(
    `the data of large messages about ${subject} of ${channel} is not erased: pass a \`claimCheck\` to outboxFunctions`,
  );
}

/**
 * Creates the relay, which publishes pending messages for both the stream (log tailing) and the sweep (polling
 * publisher).
 */
export function createRelay({ outbox, sender, erase = failToErase }: RelayOptions) {
  async function pending(doorbells: readonly OutboxRow[]): Promise<OutboxRow[]> {
    const last = doorbells.reduce((a, b) => (b.version > a.version ? b : a));
    // Version 1 has no predecessor that could be pending, so no query is needed.
    return last.version === 1 ? [last] : outbox.pendingUpTo(last.aggregateId, last.version);
  }

  /** Erases data if a published row requires it. The row stays in the outbox until the data is erased. */
  async function finish({ erases, messages: [message], aggregateId }: OutboxRow): Promise<Error | undefined> {
    try {
      if (erases && message) await erase(message.channel, aggregateId);
      return undefined;
    } catch (error) {
      return error as Error;
    }
  }

  return {
    /**
     * Publishes the rows of each aggregate up to the highest version of its doorbells. Except for version 1, the
     * messages and their order are read from the outbox, because DynamoDB Streams order the records of an item, but not
     * the records of an aggregate. Rows are published in waves with at most one row per aggregate, and deleted after
     * the broker has confirmed them. After a failed row, no later row of its aggregate is published. The renditions of
     * an event are in one row: they need no order, because no subscriber reads two of them.
     */
    async publishPending(doorbells: readonly OutboxRow[]): Promise<PublishReport> {
      const failed = new Map<string, Error>();
      const published: OutboxRow[] = [];
      const byAggregate = Map.groupBy(doorbells, ({ aggregateId }) => aggregateId);

      let queues = await Promise.all(
        [...byAggregate].map(async ([aggregateId, doorbellsOf]) => {
          try {
            return await pending(doorbellsOf);
          } catch (error) {
            failed.set(aggregateId, error as Error);
            return [];
          }
        }),
      );
      for (let wave = 0; ; wave++) {
        queues = queues.filter(([first]) => first && !failed.has(first.aggregateId));
        const rows = queues.flatMap((queue) => queue[wave] ?? []);
        if (rows.length === 0) break;
        const errors = await sender.send(rows.flatMap(({ messages }) => messages ?? []));
        const finishOne = async (row: OutboxRow) => {
          const error = errorOf(row, errors) ?? (await finish(row));
          if (error) failed.set(row.aggregateId, error);
          else published.push(row);
        };
        await pMap(rows, finishOne, { concurrency: MAX_PARALLEL });
      }
      for (const row of await outbox.remove(published)) {
        failed.set(row.aggregateId, new Error('published, but not yet deleted from the outbox'));
      }
      return { published, failed };
    },
  };
}

/**
 * Returns the error of a row, if it has one. A row of unknown origin may have no messages. Such a row must neither
 * block other rows nor be reported as published, so it gets a permanent error.
 */
function errorOf({ messages }: OutboxRow, errors: Awaited<ReturnType<Sender['send']>>): Error | undefined {
  if (!Array.isArray(messages)) return new PermanentError('the outbox row has no readable messages');
  return messages.map((message) => errors.get(message)).find((found) => found !== undefined);
}
