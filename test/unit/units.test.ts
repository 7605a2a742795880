import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CreateTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { type Emulator, startDynamoDB } from '@rollcall/local/internal/emulators/dynoxide';
import { sizeOf, unitsOf, withCapacityReport } from '@rollcall/local/internal/metering/units';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const folder = mkdtempSync(join(tmpdir(), 'rollcall-units-'));
let emulator: Emulator;

beforeAll(async () => {
  emulator = await startDynamoDB(join(folder, 'dynamodb.db'));
  const client = new DynamoDBClient({
    endpoint: emulator.url,
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  });
  await client.send(
    new CreateTableCommand({
      TableName: 'people',
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: [
        { AttributeName: 'pk', AttributeType: 'S' },
        { AttributeName: 'team', AttributeType: 'S' },
      ],
      KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
      GlobalSecondaryIndexes: [
        {
          IndexName: 'of-team',
          KeySchema: [{ AttributeName: 'team', KeyType: 'HASH' }],
          Projection: { ProjectionType: 'KEYS_ONLY' },
        },
      ],
    }),
  );
  client.destroy();
});
afterAll(async () => {
  await emulator.stop();
  rmSync(folder, { recursive: true });
});

/** The units of a call, computed from the response of the emulator. */
async function unitsFor(operation: string, request: object) {
  const body = JSON.stringify(request);
  const response = await fetch(emulator.url, {
    method: 'POST',
    headers: {
      'content-type': 'application/x-amz-json-1.0',
      'x-amz-target': `DynamoDB_20120810.${operation}`,
      'x-amz-date': '20260101T000000Z',
      authorization:
        'AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/dynamodb/aws4_request, SignedHeaders=host, Signature=0',
    },
    body: withCapacityReport(operation, body),
  });
  return unitsOf(operation, body, await response.text());
}

let names = 0;
const item = (bytes: number, more: object = {}) => ({
  pk: { S: `person-${++names}` },
  text: { S: 'x'.repeat(bytes) },
  ...more,
});
const put = (Item: object, more: object = {}) => unitsFor('PutItem', { TableName: 'people', Item, ...more });
const inTransaction = (...TransactItems: object[]) => unitsFor('TransactWriteItems', { TransactItems });
const written = (write: number) => ({ write, read: 0, computed: 0 });
const refused = (write: number) => ({ write, read: 0, computed: write });
const FREE = { ConditionExpression: 'attribute_not_exists(pk)' };

describe('write units', () => {
  it('are one for each KB of an item', async () => {
    expect(await put(item(900))).toEqual({ people: written(1) });
    expect(await put(item(1_500))).toEqual({ people: written(2) });
  });

  it('are those of the larger item when one replaces another', async () => {
    const before = item(1_500);
    await put(before);
    expect(await put({ pk: before.pk })).toEqual({ people: written(2) });
  });

  it('are twice as many in a transaction', async () => {
    expect(await inTransaction({ Put: { TableName: 'people', Item: item(900) } })).toEqual({ people: written(2) });
  });

  it('are one more for an entry of an index, also in a transaction', async () => {
    const Item = item(900, { team: { S: 'red' } });
    expect(await put(Item)).toEqual({ people: written(1), 'people/of-team': written(1) });
    const another = { Put: { TableName: 'people', Item: item(900, { team: { S: 'red' } }) } };
    expect(await inTransaction(another)).toEqual({ people: written(2), 'people/of-team': written(1) });
  });

  it('are the sum of the items that a batch deletes', async () => {
    const [small, large] = [item(900), item(1_500)];
    await put(small);
    await put(large);
    const deletes = [small, large].map(({ pk }) => ({ DeleteRequest: { Key: { pk } } }));
    expect(await unitsFor('BatchWriteItem', { RequestItems: { people: deletes } })).toEqual({ people: written(3) });
  });
});

describe('the units of a refused write, which no response contains,', () => {
  it('are those of the existing item, or of its replacement if that is larger', async () => {
    const there = item(1_500);
    await put(there);
    expect(await put({ pk: there.pk }, FREE)).toEqual({ people: refused(2) });
    expect(await put({ ...item(2_500), pk: there.pk }, FREE)).toEqual({ people: refused(3) });
    const update = { UpdateExpression: 'REMOVE team', ...FREE };
    expect(await unitsFor('UpdateItem', { TableName: 'people', Key: { pk: there.pk }, ...update })).toEqual({
      people: refused(2),
    });
  });

  it('are one if there is no item', async () => {
    const update = { UpdateExpression: 'REMOVE team', ConditionExpression: 'attribute_exists(pk)' };
    expect(await unitsFor('UpdateItem', { TableName: 'people', Key: { pk: { S: 'nobody' } }, ...update })).toEqual({
      people: refused(1),
    });
  });

  it('are those of all items of a transaction, as if they had been written', async () => {
    const there = item(1_500);
    await put(there);
    const writes = [{ Put: { TableName: 'people', Item: { pk: there.pk }, ...FREE } }];
    expect(await inTransaction(...writes, { Put: { TableName: 'people', Item: item(900) } })).toEqual({
      people: refused(4 + 2),
    });
  });
});

describe('read units', () => {
  it('are one for a strongly consistent read of up to 4 KB and half otherwise, even if there is no item', async () => {
    const read = (more: object) => unitsFor('GetItem', { TableName: 'people', Key: { pk: { S: 'nobody' } }, ...more });
    expect(await read({ ConsistentRead: true })).toEqual({ people: { write: 0, read: 1, computed: 0 } });
    expect(await read({})).toEqual({ people: { write: 0, read: 0.5, computed: 0 } });
  });
});

describe('the size of an item', () => {
  it('is the size of its names and values', () => {
    expect(sizeOf({ pk: { S: 'ä' }, n: { N: '-123.50' }, yes: { BOOL: true } })).toBe(2 + 2 + 1 + 3 + 3 + 1);
    expect(sizeOf({ l: { L: [{ S: 'ab' }] }, m: { M: { k: { NULL: true } } } })).toBe(
      1 + 3 + 1 + 2 + 1 + 3 + 1 + 1 + 1,
    );
    expect(sizeOf(undefined)).toBe(0);
  });
});
