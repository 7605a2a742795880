import {
  type AttributeValue,
  CreateTableCommand,
  DeleteItemCommand,
  DeleteTableCommand,
  DescribeTableCommand,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  type TransactionCanceledException,
  type TransactWriteItem,
  TransactWriteItemsCommand,
  UpdateItemCommand,
  waitUntilTableExists,
} from '@aws-sdk/client-dynamodb';
import {
  type _Record,
  DescribeStreamCommand,
  DynamoDBStreamsClient,
  GetRecordsCommand,
  GetShardIteratorCommand,
  ListStreamsCommand,
} from '@aws-sdk/client-dynamodb-streams';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { clientConfig, uniqueName } from './aws.ts';

const dynamodb = new DynamoDBClient(clientConfig);
const streams = new DynamoDBStreamsClient(clientConfig);

/** Creates a table for one test, with the keys `pk` and `sk`. Its stream contains new and old images. */
async function table() {
  const TableName = uniqueName('table');
  await dynamodb.send(
    new CreateTableCommand({
      TableName,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: ['pk', 'sk'].map((AttributeName) => ({ AttributeName, AttributeType: 'S' })),
      KeySchema: [
        { AttributeName: 'pk', KeyType: 'HASH' },
        { AttributeName: 'sk', KeyType: 'RANGE' },
      ],
      StreamSpecification: { StreamEnabled: true, StreamViewType: 'NEW_AND_OLD_IMAGES' },
    }),
  );
  onTestFinished(async () => void (await dynamodb.send(new DeleteTableCommand({ TableName }))));
  await waitUntilTableExists({ client: dynamodb, maxWaitTime: 60, minDelay: 1 }, { TableName });
  return TableName;
}

const key = (pk: string, sk = '0') => ({ pk: { S: pk }, sk: { S: sk } });
const item = (pk: string, n: number) => ({ ...key(pk), n: { N: String(n) } });

const put = (TableName: string, Item: Record<string, AttributeValue>) =>
  dynamodb.send(new PutItemCommand({ TableName, Item }));

const read = async (TableName: string, Key: Record<string, AttributeValue>) =>
  (await dynamodb.send(new GetItemCommand({ TableName, Key, ConsistentRead: true }))).Item;

const transact = (...TransactItems: TransactWriteItem[]) =>
  dynamodb.send(new TransactWriteItemsCommand({ TransactItems }));

const onlyNew = { ConditionExpression: 'attribute_not_exists(pk)' };

// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.ConditionExpressions.html
describe('a conditional write', () => {
  it('that fails changes nothing, and returns the item if requested', async () => {
    const TableName = await table();
    await put(TableName, item('a', 1));
    const again = { TableName, Item: item('a', 2), ...onlyNew };
    const refused = await dynamodb.send(new PutItemCommand(again)).catch((error) => error);
    expect([refused.name, refused.Item]).toEqual(['ConditionalCheckFailedException', undefined]);
    const returningItem = { ...again, ReturnValuesOnConditionCheckFailure: 'ALL_OLD' as const };
    const refusedWithItem = await dynamodb.send(new PutItemCommand(returningItem)).catch((error) => error);
    expect([refusedWithItem.name, refusedWithItem.Item]).toEqual(['ConditionalCheckFailedException', item('a', 1)]);
    expect(await read(TableName, key('a'))).toEqual(item('a', 1));
  });
});

// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html
describe('a transaction', () => {
  it('executes all operations', async () => {
    const TableName = await table();
    await put(TableName, item('b', 1));
    await transact(
      { Put: { TableName, Item: item('a', 1), ...onlyNew } },
      {
        Update: {
          TableName,
          Key: key('b'),
          UpdateExpression: 'ADD n :one',
          ExpressionAttributeValues: { ':one': { N: '1' } },
        },
      },
    );
    expect([await read(TableName, key('a')), await read(TableName, key('b'))]).toEqual([item('a', 1), item('b', 2)]);
  });

  it('whose condition fails changes nothing, and returns a reason for each of its operations, in order', async () => {
    const TableName = await table();
    await put(TableName, item('there', 1));
    const refused = (await transact(
      { Put: { TableName, Item: item('new', 1) } },
      { Put: { TableName, Item: item('there', 2), ...onlyNew, ReturnValuesOnConditionCheckFailure: 'ALL_OLD' } },
      { ConditionCheck: { TableName, Key: key('missing'), ConditionExpression: 'attribute_exists(pk)' } },
    ).catch((error) => error)) as TransactionCanceledException;
    expect(refused.name).toBe('TransactionCanceledException');
    expect(refused.CancellationReasons?.map(({ Code, Item }) => ({ Code, Item }))).toEqual([
      { Code: 'None', Item: undefined },
      { Code: 'ConditionalCheckFailed', Item: item('there', 1) },
      { Code: 'ConditionalCheckFailed', Item: undefined },
    ]);
    expect(await read(TableName, key('new'))).toBeUndefined();
  });

  it('with two operations on one item is refused', async () => {
    const TableName = await table();
    const refused = await transact(
      { Put: { TableName, Item: item('a', 1) } },
      { Delete: { TableName, Key: key('a') } },
    ).catch((error) => error);
    expect(refused.name).toBe('ValidationException');
    expect(refused.message).toContain('cannot include multiple operations on one item');
    expect(await read(TableName, key('a'))).toBeUndefined();
  });

  it('with more than 100 operations is refused', async () => {
    const TableName = await table();
    const writes = Array.from({ length: 101 }, (_, n) => ({ Put: { TableName, Item: item(`item-${n}`, n) } }));
    expect((await transact(...writes).catch((error) => error)).name).toBe('ValidationException');
    expect(await read(TableName, key('item-0'))).toBeUndefined();
  });

  it('repeated with its token within ten minutes is executed once, and is refused if its operations differ', async () => {
    const TableName = await table();
    const ClientRequestToken = uniqueName('token').slice(0, 36);
    const add = (n: string) =>
      dynamodb.send(
        new TransactWriteItemsCommand({
          ClientRequestToken,
          TransactItems: [
            {
              Update: {
                TableName,
                Key: key('a'),
                UpdateExpression: 'ADD n :n',
                ExpressionAttributeValues: { ':n': { N: n } },
              },
            },
          ],
        }),
      );
    await add('1');
    await add('1');
    expect(await read(TableName, key('a'))).toEqual(item('a', 1));
    await expect(add('2')).rejects.toThrow(expect.objectContaining({ name: 'IdempotentParameterMismatchException' }));
  });
});

// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Streams.html
describe('a stream', () => {
  /** Waits until a stream has this number of records, and returns them. */
  async function recorded(StreamArn: string, count: number) {
    const { StreamDescription } = await streams.send(new DescribeStreamCommand({ StreamArn }));
    const iterators = await Promise.all(
      (StreamDescription?.Shards ?? []).map(async ({ ShardId }) => {
        const request = { StreamArn, ShardId, ShardIteratorType: 'TRIM_HORIZON' as const };
        return (await streams.send(new GetShardIteratorCommand(request))).ShardIterator;
      }),
    );
    const records: _Record[] = [];
    await vi.waitUntil(
      async () => {
        for (const [shard, ShardIterator] of iterators.entries()) {
          if (!ShardIterator) continue;
          const { Records = [], NextShardIterator } = await streams.send(new GetRecordsCommand({ ShardIterator }));
          records.push(...Records);
          iterators[shard] = NextShardIterator;
        }
        return records.length >= count;
      },
      { timeout: 60_000, interval: 200 },
    );
    return records;
  }

  it('has the region of its table', async () => {
    const TableName = await table();
    const { Table } = await dynamodb.send(new DescribeTableCommand({ TableName }));
    const arn = expect.stringMatching(
      new RegExp(`^arn:aws:dynamodb:${clientConfig.region}:\\d{12}:table/${TableName}`),
    );
    expect(Table).toMatchObject({ TableArn: arn, LatestStreamArn: arn });
    const { LatestStreamArn: StreamArn = '' } = Table ?? {};
    expect((await streams.send(new DescribeStreamCommand({ StreamArn }))).StreamDescription).toMatchObject({
      StreamArn,
    });
    expect((await streams.send(new ListStreamsCommand({ TableName }))).Streams).toMatchObject([{ StreamArn }]);
    await put(TableName, item('a', 1));
    expect(await recorded(StreamArn, 1)).toMatchObject([{ awsRegion: clientConfig.region }]);
  });

  it('contains the changes of an item in order, with the old and new images of the item', async () => {
    const TableName = await table();
    const { Table } = await dynamodb.send(new DescribeTableCommand({ TableName }));
    await put(TableName, item('a', 1));
    await dynamodb.send(
      new UpdateItemCommand({
        TableName,
        Key: key('a'),
        UpdateExpression: 'SET n = :two',
        ExpressionAttributeValues: { ':two': { N: '2' } },
      }),
    );
    await dynamodb.send(new DeleteItemCommand({ TableName, Key: key('a') }));
    const records = await recorded(Table?.LatestStreamArn ?? '', 3);
    expect(records.map(({ eventName, dynamodb: of }) => [eventName, of?.OldImage?.n, of?.NewImage?.n])).toEqual([
      ['INSERT', undefined, { N: '1' }],
      ['MODIFY', { N: '1' }, { N: '2' }],
      ['REMOVE', { N: '2' }, undefined],
    ]);
    expect(records[0]?.dynamodb?.Keys).toEqual(key('a'));
    const numbers = records.map(({ dynamodb: of }) => BigInt(of?.SequenceNumber ?? 0));
    expect(numbers).toEqual(numbers.toSorted((a, b) => (a < b ? -1 : 1)));
  });
});
