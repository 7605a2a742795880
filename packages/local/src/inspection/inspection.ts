import { DynamoDBDocumentClient, paginateQuery, paginateScan } from '@aws-sdk/lib-dynamodb';
import { BEGUN, DISCARDED, PARKED, PARKED_INDEX } from '@rollcall/kit/internal/contracts/subscriber-table';
import { parkedMessageOf } from '@rollcall/kit/internal/messaging/dynamodb-subscriber-store/parked';
import type { ParkedMessage } from '@rollcall/kit/internal/messaging/subscriber-store';
import type { Clients } from '../emulators/clients.ts';
import type { SentMessage } from '../messages/sent-messages.ts';
import type { CreatedResource } from '../resources/created.ts';
import { consumersIn, findPhysicalName, outboxesIn, queuesIn, topicsIn } from './deployed.ts';

/** A parked message, and the name of the consumer's table. */
export type Parked = ParkedMessage & { table: string };

/** An item in a consumer's table. */
export type Item = Record<string, unknown> & { pk: string; sk: string };

export interface InspectionOptions {
  dynamodb: Clients['dynamodb'];
  /** The deployed resources. */
  created: () => readonly CreatedResource[];
  /** The last messages that topics and queues accepted. */
  sent: () => readonly SentMessage[];
}

export type Inspection = ReturnType<typeof createInspection>;

/**
 * Creates functions that read the outboxes, the consumers' tables and the sent messages of an app. Finds the tables by
 * their definitions in the templates.
 */
export function createInspection({ dynamodb, created, sent }: InspectionOptions) {
  const client = DynamoDBDocumentClient.from(dynamodb);

  async function scan(TableName: string, IndexName?: string): Promise<Record<string, unknown>[]> {
    const pages = paginateScan({ client }, IndexName ? { TableName, IndexName } : { TableName, ConsistentRead: true });
    return (await Array.fromAsync(pages)).flatMap(({ Items = [] }) => Items);
  }

  return {
    /** The rows of all outboxes: messages that are committed and not yet published. */
    async pending(): Promise<Array<{ table: string; aggregateId: string; version: number }>> {
      const rows = outboxesIn(created()).map(async (table) =>
        (await scan(table)).map((row) => ({ table, ...(row as { aggregateId: string; version: number }) })),
      );
      return (await Promise.all(rows)).flat();
    },

    /**
     * The messages that topics and queues accepted, with the oldest first. After 20,000 messages, the oldest are left
     * out, but never any of the last 10,000. A message that was published twice is listed twice.
     * @param channel the physical name of a channel, or the name in its contract. Default: all channels
     */
    published(channel?: string): SentMessage[] {
      if (channel === undefined) return [...sent()];
      const physical = findPhysicalName([...topicsIn(created()), ...queuesIn(created())], channel, 'topic or queue');
      return sent().filter((message) => message.channel === physical);
    },

    /**
     * A consumer's items about a subject, without the items that record single messages.
     * @param consumer the name of the consumer or of its table
     */
    async applied(consumer: string, subject: string): Promise<Item[]> {
      const pages = paginateQuery(
        { client },
        {
          TableName: findPhysicalName(consumersIn(created()), consumer, 'consumer'),
          ConsistentRead: true,
          KeyConditionExpression: 'pk = :subject',
          ExpressionAttributeValues: { ':subject': subject },
        },
      );
      const items = (await Array.fromAsync(pages)).flatMap(({ Items = [] }) => Items as Item[]);
      return items.filter(({ sk }) => ![PARKED, DISCARDED, BEGUN].some((prefix) => sk.startsWith(prefix)));
    },

    /** Parked messages. @param consumer the name of a consumer or of its table. Default: all consumers */
    async parked(consumer?: string): Promise<Parked[]> {
      const all = consumersIn(created());
      const wanted = consumer === undefined ? all : [findPhysicalName(all, consumer, 'consumer')];
      const found = wanted.map(async (table) =>
        (await scan(table, PARKED_INDEX)).map((item) => ({ table, ...parkedMessageOf(item) })),
      );
      return (await Promise.all(found)).flat();
    },
  };
}
