import { BatchGetCommand, paginateQuery, paginateScan, type ScanCommandInput } from '@aws-sdk/lib-dynamodb';
import { PARKED } from '@rollcall/kit/internal/contracts/subscriber-table';
import type { StageClients } from '../stage/clients.ts';
import type { Item } from './aggregates.ts';
import type { ConsumerRecord, PublisherRecord } from './classify.ts';
import type { ChannelConsumer, VersionedChannel } from './versioned-channels.ts';

type Tables = Pick<StageClients, 'dynamodb' | 'table'>;

/** DynamoDB's limit for BatchGetItem. */
const KEYS_PER_CALL = 100;
/** Number of segments that are read in parallel. */
const SEGMENTS = 4;
const PAGE = 500;

/** Reads a table in parallel segments. Reads a page of a segment after `onPage` has processed the previous page. */
export async function eachPage(
  { dynamodb }: Tables,
  input: Omit<ScanCommandInput, 'TableName'> & { TableName: string },
  onPage: (items: Item[]) => Promise<void>,
): Promise<void> {
  const readSegment = async (Segment: number) => {
    const pages = paginateScan({ client: dynamodb, pageSize: PAGE }, { ...input, Segment, TotalSegments: SEGMENTS });
    for await (const { Items = [] } of pages) await onPage(Items);
  };
  await Promise.all(Array.from({ length: SEGMENTS }, (_, index) => readSegment(index)));
}

async function itemsAt({ dynamodb }: Tables, table: string, keys: readonly Record<string, string>[]): Promise<Item[]> {
  const items: Item[] = [];
  for (let index = 0; index < keys.length; index += KEYS_PER_CALL) {
    let Keys: Record<string, unknown>[] = keys.slice(index, index + KEYS_PER_CALL);
    while (Keys.length > 0) {
      const { Responses, UnprocessedKeys } = await dynamodb.send(
        new BatchGetCommand({ RequestItems: { [table]: { Keys, ConsistentRead: true } } }),
      );
      items.push(...(Responses?.[table] ?? []));
      Keys = UnprocessedKeys?.[table]?.Keys ?? [];
    }
  }
  return items;
}

/** The publisher's records of some subjects, by id. */
export async function readPublisherRecords(
  tables: Tables,
  { table, key, read }: VersionedChannel,
  ids: readonly string[],
) {
  const items = await itemsAt(tables, tables.table(table), ids.map(key));
  return new Map(
    items.flatMap(read).flatMap((record): [string, PublisherRecord][] => (record ? [[record.id, record]] : [])),
  );
}

/** A consumer's records of some subjects, by id. */
export async function readConsumerRecords(
  tables: Tables,
  { name, cursorKey }: ChannelConsumer,
  ids: readonly string[],
) {
  const keys = ids.map((pk) => ({ pk, sk: cursorKey }));
  const items = await itemsAt(tables, tables.table(name), keys);
  return new Map(
    items.flatMap((item): [string, ConsumerRecord][] => (isCursor(item) ? [[String(item.pk), recordOf(item)]] : [])),
  );
}

const isCursor = ({ version }: Item) => typeof version === 'number';
const recordOf = (item: Item): ConsumerRecord => ({
  version: Number(item.version),
  erased: item.erased === true,
  item,
});

/** Reads the ids of all subjects for which a consumer has a cursor, page by page. */
export const eachCursorPage = (
  tables: Tables,
  { name, cursorKey }: ChannelConsumer,
  onPage: (ids: string[]) => Promise<void>,
): Promise<void> =>
  eachPage(
    tables,
    {
      TableName: tables.table(name),
      FilterExpression: 'sk = :cursor AND attribute_exists(#version)',
      ProjectionExpression: 'pk',
      ExpressionAttributeNames: { '#version': 'version' },
      ExpressionAttributeValues: { ':cursor': cursorKey },
    },
    (items) => onPage(items.map(({ pk }) => String(pk))),
  );

/** The versions of a subject that are committed but not yet published. */
export async function unpublishedVersions(
  tables: Tables,
  { outbox, group }: VersionedChannel,
  id: string,
): Promise<number[]> {
  const items = await queryAll(tables, tables.table(outbox), 'version', {
    KeyConditionExpression: 'aggregateId = :id',
    ExpressionAttributeValues: { ':id': group(id) },
  });
  return items.map(({ version }) => Number(version));
}

/** The versions of a subject that a consumer has parked, each with the reason. */
export async function parkedVersions(tables: Tables, { name }: ChannelConsumer, id: string) {
  const items = await queryAll(tables, tables.table(name), 'version, reason', {
    KeyConditionExpression: 'pk = :id AND begins_with(sk, :parked)',
    ExpressionAttributeValues: { ':id': id, ':parked': PARKED },
  });
  return items.map(({ version, reason }) => ({ version: Number(version), reason: String(reason) }));
}

async function queryAll(
  { dynamodb }: Tables,
  TableName: string,
  attributes: string,
  query: { KeyConditionExpression: string; ExpressionAttributeValues: Record<string, string> },
): Promise<Item[]> {
  const found: Item[] = [];
  const names = attributes.split(', ');
  const pages = paginateQuery(
    { client: dynamodb },
    {
      ...{ TableName, ConsistentRead: true, ...query },
      ProjectionExpression: names.map((name) => `#${name}`).join(', '),
      ExpressionAttributeNames: Object.fromEntries(names.map((name) => [`#${name}`, name])),
    },
  );
  for await (const { Items = [] } of pages) found.push(...Items);
  return found;
}
