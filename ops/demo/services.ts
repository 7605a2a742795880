import { GetQueueAttributesCommand, GetQueueUrlCommand, SQSClient } from '@aws-sdk/client-sqs';
import { paginateScan } from '@aws-sdk/lib-dynamodb';
import type { Cloud } from '@rollcall/local/internal/cloud';
import { type Consumer, subscribersOf } from 'rollcall/internal/stage/consumers';
import { openStage } from 'rollcall/internal/stage/stage';
import { APPLICATION } from '../application.ts';

export interface Text {
  to: string;
  receivedAt: string;
  idempotencyKey: string | null;
}

export type Item = Record<string, unknown> & { pk: string; sk: string };

/** All sent SMS, and all data that the subscribers store. */
export interface Holdings {
  texts: Text[];
  /** Items by subscriber: of the application's three subscribers, and of all other deployed subscribers. */
  items: { sms: Item[]; points: Item[]; guide: Item[] } & Record<string, Item[]>;
}

/**
 * Reads the tables and queues of a stage in the embedded cloud through AWS's APIs, and the sent SMS through the SMS
 * sandbox.
 */
export function createServices({
  endpointUrl,
  beside,
  stage: name,
}: Pick<Cloud, 'endpointUrl' | 'beside'> & { stage: string }) {
  const stage = openStage({ app: APPLICATION, name, endpoint: endpointUrl });
  const sqs = new SQSClient(stage.config);
  async function scan(table: string): Promise<Item[]> {
    const items: Item[] = [];
    const pages = paginateScan({ client: stage.dynamodb }, { TableName: stage.table(table), ConsistentRead: true });
    for await (const page of pages) items.push(...((page.Items ?? []) as Item[]));
    return items;
  }

  async function queued({ queue: QueueName }: Consumer): Promise<number> {
    const { QueueUrl } = await sqs.send(new GetQueueUrlCommand({ QueueName }));
    const { Attributes = {} } = await sqs.send(
      new GetQueueAttributesCommand({
        QueueUrl,
        AttributeNames: ['ApproximateNumberOfMessages', 'ApproximateNumberOfMessagesNotVisible'],
      }),
    );
    return Object.values(Attributes).reduce((sum, count) => sum + Number(count), 0);
  }

  async function texts(): Promise<Text[]> {
    const response = await fetch(`${beside.sms}/messages`);
    return ((await response.json()) as { messages: Text[] }).messages;
  }

  return {
    consumers: () => stage.consumers(),

    /** Counts the messages between commit and effect: in the outboxes, and in the queues of the consumers. */
    async countInTransit(): Promise<number> {
      const outboxes = (await stage.outboxes()).map(async ({ name }) => (await scan(name)).length);
      const counts = await Promise.all([...outboxes, ...(await stage.consumers()).map(queued)]);
      return counts.reduce((sum, count) => sum + count, 0);
    },

    /** Reads all items of the registration service's table, such as members and operations. */
    members: () => scan('members'),

    async holdings(): Promise<Holdings> {
      const subscribers = subscribersOf(await stage.consumers());
      const [sent, ...tables] = await Promise.all([texts(), ...subscribers.map(scan)]);
      return { texts: sent, items: itemsBy(subscribers, tables) };
    },
  };
}

/** Groups items by subscriber. A subscriber of the application that is not deployed has no items. */
export const itemsBy = (subscribers: readonly string[], tables: ReadonlyArray<Item[]>): Holdings['items'] => ({
  ...{ sms: [], points: [], guide: [] },
  ...Object.fromEntries(subscribers.map((name, index) => [name, tables[index] ?? []])),
});
