import { GetCommand, PutCommand } from '@aws-sdk/lib-dynamodb';
import { type Cloud, startCloud } from '@rollcall/local/internal/cloud';
import { withData } from 'rollcall/internal/stage/large';
import { openStage } from 'rollcall/internal/stage/stage';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { eventually } from '../support/cloud.ts';

const BUCKET = 'shop-dev-large-000000000000-us-east-1';
const CHARACTERS = 1024 * 1024;

let cloud: Cloud;
beforeAll(async () => {
  cloud = await startCloud({ app: `${import.meta.dirname}/../support/large-app` });
});
afterAll(() => cloud.stop());

/**
 * Sends a request with an operator's access key. The embedded cloud does not verify the signature of such a request.
 */
async function s3(method: string, path: string, body?: string): Promise<string> {
  const credential = 'Credential=local/20260101/us-east-1/s3/aws4_request';
  const authorization = `AWS4-HMAC-SHA256 ${credential}, SignedHeaders=host, Signature=0`;
  const response = await fetch(`${cloud.endpointUrl}/${BUCKET}/${path}`, {
    method,
    headers: { authorization },
    ...(body && { body }),
  });
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
  return response.text();
}
const keysAbout = async (orderId: string) =>
  [...(await s3('GET', '?list-type=2')).matchAll(/<Key>([^<]*)<\/Key>/g)]
    .flatMap(([, key = '']) => key)
    .filter((key) => key.includes(`/${orderId}/`));

async function invoke(fn: string, request: object) {
  const response = await cloud.invoke(`shop-dev-orders-${fn}`, request);
  if (response) throw new Error(JSON.stringify(response));
}
const file = (orderId: string, more: object = {}) => invoke('file', { orderId, characters: CHARACTERS, ...more });
const sweep = (request: object) => cloud.invoke('shop-dev-archive-sweep', request);
const stage = () => openStage({ app: 'shop', name: 'dev', endpoint: cloud.endpointUrl });
const parkedOf = (orderId: string) => stage().parkedOf('archive', orderId);

async function archived(orderId: string) {
  const Key = { pk: orderId, sk: 'cursor' };
  return (await cloud.dynamodb.send(new GetCommand({ TableName: 'shop-dev-archive', Key }))).Item;
}
const applied = (orderId: string) => eventually(async () => (await archived(orderId))?.characters, 100);
const parked = (orderId: string) => eventually(async () => (await parkedOf(orderId))[0], 100);

/** The messages that were sent about an order. */
const sent = (orderId: string) =>
  cloud
    .published()
    .map(({ body }) => JSON.parse(body))
    .filter(({ subject }) => subject === orderId);

it('a document of 1 MB is sent to a topic and to a queue, and is received whole', async () => {
  await file('large', { prints: true });
  expect(await applied('large')).toBe(CHARACTERS);
  const [message] = sent('large').filter(({ type }) => type === 'shop.document.filed.v1');
  expect(message).not.toHaveProperty('data');
  expect(message).toMatchObject({
    dataref: `messages/documents/large/${message.id}/${message.datasha256}`,
    datasha256: expect.stringMatching(/^[0-9a-f]{64}$/),
  });
  const [printed] = sent('large').filter(({ type }) => type === 'shop.document.print.v1');
  const Key = { pk: printed.id, sk: 'cursor' };
  await eventually(async () => {
    const { Item } = await cloud.dynamodb.send(new GetCommand({ TableName: 'shop-dev-printing', Key }));
    return Item?.printed === CHARACTERS && Item.orderId === 'large';
  }, 100);
  expect((await keysAbout('large')).toSorted()).toEqual([
    message.dataref,
    `messages/printing/large/${printed.id}/${printed.datasha256}`,
  ]);
});

it('data that fits into a message stays in it', async () => {
  await file('small', { characters: 1_000 });
  expect(await applied('small')).toBe(1_000);
  expect(sent('small')[0]?.data.text).toHaveLength(1_000);
  expect(await keysAbout('small')).toEqual([]);
});

it('the data of a parked message is copied by its subscriber, shown to an operator, and deleted with the parked message', async () => {
  await file('held', { text: 'refuse ', characters: 100_000 });
  const found = await parked('held');
  expect(found.reason).toBe('failed');
  const [message] = sent('held');
  const [original, copy] = [message.dataref, `parked/archive/held/${message.id}/${message.datasha256}`];
  await eventually(async () => (await keysAbout('held')).length === 2);
  expect(await keysAbout('held')).toEqual([original, copy]);

  const shown = JSON.parse((await withData(stage(), 'archive', found)).body);
  expect(shown.dataref).toBe(original);
  expect(JSON.parse(Buffer.from(shown.data_base64, 'base64').toString()).text).toHaveLength(700_000);

  // Simulates the expiry of the data.
  await s3('DELETE', original);
  // With this item in the table, the handler no longer refuses the document.
  await cloud.dynamodb.send(new PutCommand({ TableName: 'shop-dev-archive', Item: { pk: 'mended', sk: 'cursor' } }));
  expect(await sweep({ redrive: ['held'] })).toMatchObject({ reports: [{ applied: 1 }] });
  expect(await applied('held')).toBe(700_000);
  expect(await keysAbout('held')).toEqual([]);
});

it('a message with missing data is retried, and then parked for an operator, who restores the data', async () => {
  await file('missing', { keeps: 'nothing' });
  const found = await parked('missing');
  const [message] = sent('missing');
  expect(found).toMatchObject({ reason: 'failed', attempts: 5 });
  expect(found.error).toContain(`its data is not at ${message.dataref}`);
  expect(await withData(stage(), 'archive', found)).toMatchObject({ dataMissing: expect.stringContaining('not at') });
  await sweep({});
  expect(await archived('missing')).toBeUndefined();
  const data = JSON.stringify({ orderId: 'missing', text: 'x'.repeat(CHARACTERS) });
  await s3('PUT', message.dataref, data);
  expect(await sweep({ redrive: ['missing'] })).toMatchObject({ reports: [{ applied: 1 }] });
  expect(await applied('missing')).toBe(CHARACTERS);
});

it('data is refused immediately if its hash differs from the hash in the message', async () => {
  await file('tampered', { keeps: 'another' });
  expect(await parked('tampered')).toMatchObject({
    ...{ reason: 'failed', attempts: 1 },
    error: expect.stringContaining('has a different SHA-256 from the data that was sent'),
  });
});

it('large data is erased with its aggregate: sent data by the outbox, copies by each subscriber', async () => {
  await file('erased', { prints: true });
  await applied('erased');
  // Simulates a copy that a crashed function did not delete.
  await s3('PUT', 'parked/archive/erased/left', 'x');
  expect(await keysAbout('erased')).toHaveLength(3);
  expect(await keysAbout('tampered')).toHaveLength(2);
  const remaining = async (orderId: string) =>
    (await keysAbout(orderId)).filter((key) => !key.startsWith('messages/printing/'));
  for (const orderId of ['erased', 'tampered']) {
    await invoke('remove', { orderId });
    await eventually(async () => {
      await sweep({});
      return (await archived(orderId))?.erased && (await remaining(orderId)).length === 0;
    }, 200);
  }
  // The data of a command remains, because the command may be in transit, and its subject may be another kind of
  // entity.
  expect(await keysAbout('erased')).toHaveLength(1);
});

it('a refused repetition of a creation does not change the data of the first creation, although both have the same ID', async () => {
  await file('again', { id: 'again', characters: 300_000, text: 'first' });
  await file('again', { id: 'again', characters: 300_000, text: 'other!' });
  expect(await applied('again')).toBe(300_000 * 'first'.length);
});

/**
 * Returns one name for all grants that the same line of packages/cdk creates. It is enough if one of these grants is
 * used.
 */
const kindOf = (grant: string) =>
  grant
    .replace(/^shop-dev-(archive|printing)-(consume|sweep):/, 'consumer:')
    .replace(/^shop-dev-orders-outbox-(relay|sweep):/, 'outbox:')
    .replace(/^shop-dev-orders-(file|remove):/, 'sender:')
    .replace(/(messages|parked)\/(documents|archive|printing)\//, '$1/…/');

it('every grant on the bucket is used', () => {
  const { all, used } = cloud.access.grants();
  const kinds = (grants: readonly string[]) => new Set(grants.filter((grant) => grant.includes(' s3:')).map(kindOf));
  const ofBucket = kinds(all);
  expect(ofBucket.size).toBe(8);
  expect(ofBucket.difference(kinds(used))).toEqual(new Set());
});

it('a role may neither list the bucket, nor read data of other channels', async () => {
  const role = 'arn:aws:iam::000000000000:role/shop-dev-archive-consume';
  const may = (action: string, path: string) =>
    cloud.access.decide({ principal: { role }, action, resource: `arn:aws:s3:::${BUCKET}${path}` }).allowed;
  expect(may('s3:GetObject', '/messages/documents/a/b')).toBe(true);
  expect(may('s3:GetObject', '/messages/printing/a/b')).toBe(false);
  expect(may('s3:PutObject', '/messages/documents/a/b')).toBe(false);
  expect(may('s3:GetObject', '/parked/printing/a/b')).toBe(false);
  expect(may('s3:ListBucket', '')).toBe(false);
});
