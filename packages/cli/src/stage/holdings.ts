import { paginateQuery, type QueryCommandInput } from '@aws-sdk/lib-dynamodb';
import { eventForDisplay } from './event-for-display.ts';
import type { StageClient } from './stage.ts';

export type StoredItem = Record<string, unknown>;

/** Stored items, by service or table. */
export type Holdings = Record<string, StoredItem[]>;

export async function itemsOf(
  { dynamodb, table }: StageClient,
  name: string,
  query: Partial<QueryCommandInput>,
): Promise<StoredItem[]> {
  const items: StoredItem[] = [];
  const pages = paginateQuery({ client: dynamodb }, { TableName: table(name), ...query });
  for await (const page of pages) items.push(...(page.Items ?? []));
  return items;
}

/** The items of a table under a key. */
export const itemsAt = (stage: StageClient, name: string, key: string, value: string) =>
  itemsOf(stage, name, {
    ConsistentRead: true,
    KeyConditionExpression: '#key = :value',
    ExpressionAttributeNames: { '#key': key },
    ExpressionAttributeValues: { ':value': value },
  });

/** The parked messages whose body contains the id. A message may be parked under a key other than the id. */
async function parkedAbout(stage: StageClient, subscriber: string, id: string): Promise<StoredItem[]> {
  const found: StoredItem[] = [];
  for await (const page of stage.parked(subscriber)) {
    found.push(
      ...page
        .filter(({ body }) => JSON.stringify(eventForDisplay(body) ?? body).includes(id))
        .map((parked) => ({ ...parked })),
    );
  }
  return found;
}

/**
 * All items about one aggregate in the outboxes, the tables of scheduled messages and the consumers' tables of a stage.
 * @param keys keys under which the outboxes may have messages about the aggregate
 */
export async function holdingsOf(stage: StageClient, id: string, keys: readonly string[] = [id]): Promise<Holdings> {
  const [outboxes, subscribers] = await Promise.all([stage.outboxes(), stage.subscribers()]);
  const holdings: Array<Promise<[string, StoredItem[]]>> = [
    ...outboxes.map(async ({ name }): Promise<[string, StoredItem[]]> => {
      const items = await Promise.all(keys.map((key) => itemsAt(stage, name, 'aggregateId', key)));
      return [name, items.flat()];
    }),
    ...outboxes.flatMap(({ later }) =>
      later === undefined
        ? []
        : [itemsAt(stage, later, 'subject', id).then((items): [string, StoredItem[]] => [later, items])],
    ),
    ...subscribers.map(async (name): Promise<[string, StoredItem[]]> => {
      const [own, parked] = await Promise.all([itemsAt(stage, name, 'pk', id), parkedAbout(stage, name, id)]);
      return [name, [...own, ...parked.filter(({ aggregateId }) => aggregateId !== id)]];
    }),
  ];
  return Object.fromEntries((await Promise.all(holdings)).filter(([, items]) => items.length > 0));
}
