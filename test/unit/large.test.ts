import { createHash, createHmac } from 'node:crypto';
import { createServer } from 'node:http';
import { type Channel, defineConsumer, event, inAvro, inXml, topic } from '@rollcall/kit/contracts';
import type { Objects } from '@rollcall/kit/internal/aws/objects';
import { createObjects } from '@rollcall/kit/internal/aws/objects';
import { signerOf } from '@rollcall/kit/internal/aws/signed';
import { sentKey } from '@rollcall/kit/internal/contracts/large';
import { consumerFunctions } from '@rollcall/kit/internal/messaging/consumer-functions';
import { createCorrespondence } from '@rollcall/kit/internal/messaging/correspondence';
import { draft, outboxRowOf } from '@rollcall/kit/internal/messaging/draft';
import { MissingDataError, UnreadableMessageError } from '@rollcall/kit/internal/messaging/errors';
import { dataApart } from '@rollcall/kit/internal/messaging/large/claim';
import { withParkedCopies } from '@rollcall/kit/internal/messaging/large/holding';
import { createReadWhole } from '@rollcall/kit/internal/messaging/large/whole';
import { waitingPut } from '@rollcall/kit/internal/messaging/later/waiting';
import { createMessage, readEnvelope, readMessage } from '@rollcall/kit/internal/messaging/message';
import { outboxPut } from '@rollcall/kit/internal/messaging/outbox';
import { outboxItem } from '@rollcall/kit/internal/messaging/outbox-item';
import type { OutgoingMessage } from '@rollcall/kit/internal/messaging/outgoing';
import { reasonOf } from '@rollcall/kit/internal/messaging/parking/policy';
import { createRelay } from '@rollcall/kit/internal/messaging/relay';
import type { ParkedMessage, SubscriberStore } from '@rollcall/kit/internal/messaging/subscriber-store';
import { InMemorySubscriberStore } from '@rollcall/kit/testing';
import { close, listen } from '@rollcall/local/internal/server/listen';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import * as z from 'zod';
import { outboxRow } from '../support/builders.ts';

const data = z.object({ orderId: z.string(), text: z.string() });
const about = { subjectField: 'orderId' } as const;
const from = '/shop/orders';
const avro = inAvro({
  type: 'record',
  name: 'Filed',
  fields: [
    { name: 'orderId', type: 'string' },
    { name: 'text', type: 'string' },
  ],
});
const filed = event('shop.document.filed.v1', data, { ...about, formats: [inXml('document', data), avro] });
const removed = event('shop.document.removed.v1', data, { ...about, erases: true });
const documents = topic('documents', { from, large: true, messages: [filed, removed] });
const text = 'ä'.repeat(200_000);
const placing = { source: from, subject: 'A', version: 1, aggregateId: 'A' };
const context = { now: new Date('2026-11-30T00:00:00Z'), newId: () => 'm1' };
const claimCheck = { apart: dataApart };
const rowOf = (channel: Channel, content = text) =>
  outboxRowOf(channel, draft(filed, { orderId: 'A', text: content }), placing, context, claimCheck);
const large = (channel: Channel = documents, content = text) => rowOf(channel, content).messages[0] as OutgoingMessage;

const claimKey = (content: string) => large(documents, content).claim?.key;

const input = { id: 'm1', source: from, subject: 'A', time: context.now, data: { orderId: 'A', text } };
const cause = { ...createMessage(filed, input), replyto: 'documents' };
const correspondence = createCorrespondence({ source: '/shop/archive', channels: { documents: 'url' } });

/** Objects in memory. */
function bucket(content: Record<string, Uint8Array> = {}) {
  const all = new Map(Object.entries(content));
  const objects: Objects = {
    async put(key, bytes) {
      all.set(key, bytes);
    },
    get: async (key) => all.get(key),
    async copy(from, to) {
      const bytes = all.get(from);
      if (bytes) all.set(to, bytes);
      return bytes !== undefined;
    },
    async remove(key) {
      all.delete(key);
    },
    async removeUnder(prefix) {
      for (const key of all.keys()) if (key.startsWith(prefix)) all.delete(key);
    },
  };
  return { objects, all };
}

const reader = (objects: Objects) => ({ objects, channel: 'documents', consumer: 'archive' });
const DIGEST = createHash('sha256')
  .update(JSON.stringify({ orderId: 'A', text }))
  .digest('hex');
const SENT = `messages/documents/A/m1/${DIGEST}`;

describe('a message on a channel with the setting `large`', () => {
  it.each(['application/json', 'application/xml', 'application/avro'] as const)(
    'has a reference, and is read with its data: %s',
    async (format) => {
      const { body, claim } = large({ ...documents, format, messages: [filed] });
      expect(JSON.parse(body)).not.toHaveProperty('data');
      expect(JSON.parse(body)).not.toHaveProperty('data_base64');
      expect(body.length).toBeLessThan(1_000);
      const { objects } = bucket({ [claim?.key ?? '']: claim?.bytes ?? new Uint8Array() });
      const whole = await createReadWhole(reader(objects))(readEnvelope(body));
      expect(readMessage(whole, [filed]).data).toEqual({ orderId: 'A', text });
    },
  );

  it('does not overwrite other data with the same message ID', () => {
    expect(claimKey(text)).toBe(SENT);
    expect(claimKey(`${text}!`)).not.toBe(SENT);
  });

  it('is committed without its data', () => {
    expect(JSON.stringify(outboxPut('outbox', rowOf(documents))).length).toBeLessThan(2_000);
  });

  it('contains its data if the data is small enough', () => {
    expect(large(documents, 'short')).not.toHaveProperty('claim');
  });

  it.each([
    ['on a channel without that setting', () => large({ ...documents, large: undefined } as never)],
    [
      'if it erases',
      () => outboxRowOf(documents, draft(removed, { orderId: 'A', text }), placing, context, claimCheck),
    ],
    [
      'if it is scheduled',
      () =>
        waitingPut(
          'later',
          documents,
          { ...draft(filed, { orderId: 'A', text }), later: { after: 1 } },
          placing,
          context,
        ),
    ],
    [
      'if a consumer sends it',
      () => correspondence.command(cause, documents, filed, { orderId: 'A', text }, '2026-11-30T00:00:00Z'),
    ],
    [
      'if a consumer replies with it',
      () => correspondence.reply(cause, filed, { orderId: 'A', text }, '2026-11-30T00:00:00Z'),
    ],
    [
      'if it is an outbox item in a foreign transaction',
      () => outboxItem('outbox', 'documents', filed, { ...input, version: 1 }),
    ],
    ['above 8 MB', () => large(documents, 'x'.repeat(8 * 1024 * 1024))],
  ])('is refused %s', (_, make) => {
    expect(make).toThrow(/^message \S+ of type shop\.document\.\w+\.v1 has \d+ bytes; at most \d+ bytes are accepted/);
  });

  it.each(['short', text])('is not committed by a sender without a claim check, even if it is small', (content) => {
    expect(() => outboxRowOf(documents, draft(filed, { orderId: 'A', text: content }), placing, context)).toThrow(
      'documents is large: pass a `claimCheck` to its sender (createPublisher, createOutboxWriter, createProcess)',
    );
  });

  it('is not consumed by a consumer without a claim check', () => {
    const archive = defineConsumer('archive', { of: documents });
    const settings = { tableName: 't', queueUrl: 'q', deadLettersUrl: 'd' };
    expect(() => consumerFunctions(archive, settings, () => ({}))).toThrow('documents is large: pass a `claimCheck`');
  });
});

describe('reading a large message', () => {
  const { body, claim } = large();
  const kept = { [claim?.key ?? '']: claim?.bytes ?? new Uint8Array() };
  const read = (content: Record<string, Uint8Array>, change: object = {}) =>
    createReadWhole(reader(bucket(content).objects))({ ...readEnvelope(body), ...change });

  it('uses the copy of the consumer after the sent data has expired', async () => {
    const held = { [SENT.replace('messages/documents', 'parked/archive')]: claim?.bytes ?? new Uint8Array() };
    expect(await read(held)).toHaveProperty('data_base64');
  });

  it('fails with the location of missing data, and the message is parked for an operator', async () => {
    const error = await read({}).catch((caught: Error) => caught);
    expect(error).toBeInstanceOf(MissingDataError);
    expect((error as Error).message).toBe(`message m1: its data is not at ${SENT}, or this function may not read it`);
    expect(reasonOf(error as Error)).toBe('failed');
  });

  it.each([
    ['data with another digest', { [claim?.key ?? '']: Buffer.from('{}') }, {}],
    ['a reference without a digest', kept, { datasha256: undefined }],
    ['a reference to another location', { ...kept, other: Buffer.from('{}') }, { dataref: 'other' }],
    [
      'a reference to the data of another subject',
      { ...kept, [SENT.replace('/A/', '/B/')]: Buffer.from('{}') },
      { dataref: SENT.replace('/A/', '/B/') },
    ],
  ])('refuses %s', async (_, content, change) => {
    await expect(read(content, change)).rejects.toBeInstanceOf(UnreadableMessageError);
  });

  it('accepts data in the message itself', async () => {
    const given = { data: { orderId: 'A', text: 'here' } };
    expect(await read({}, given)).toMatchObject(given);
  });
});

describe('parking a large message', () => {
  const [{ body, claim }] = [large()];
  const sent = { [claim?.key ?? '']: claim?.bytes ?? new Uint8Array() };
  const parked = (more: Partial<ParkedMessage> = {}): ParkedMessage => ({
    ...{
      aggregateId: 'A',
      version: 1,
      messageId: 'm1',
      body,
      reason: 'failed',
      attempts: 1,
      parkedAt: '2026-11-30T00:00:00Z',
    },
    ...more,
  });
  const COPY = SENT.replace('messages/documents', 'parked/archive');

  async function nothing() {}

  function holder({
    isErased = false,
    unordered = false,
    beforeCopy = nothing as (own: SubscriberStore) => Promise<void>,
  } = {}) {
    const memory = new InMemorySubscriberStore();
    // A spread would not copy the methods of the class.
    const store = new Proxy(memory, {
      get: (target, name) => {
        const value = Reflect.get(target, name);
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
    const own = Object.fromEntries(
      ['park', 'unpark', 'discard', 'eraseLeft', 'parkedOf', 'cursor'].map((name) => [name, Reflect.get(store, name)]),
    ) as never;
    const cursor = async () => ({ version: 2, erased: true as const });
    const { objects: kept, all } = bucket(sent);
    const objects: Objects = {
      ...kept,
      async copy(from, to) {
        await beforeCopy(memory);
        return kept.copy(from, to);
      },
    };
    return {
      memory,
      store: withParkedCopies(isErased ? ({ ...(own as object), cursor } as never) : own, {
        ...reader(objects),
        unordered,
      }),
      all,
    };
  }

  it('keeps a copy of the data while the message is parked', async () => {
    const { store, all } = holder();
    await store.park(parked());
    expect([...all.keys()]).toEqual([claim?.key, COPY]);
    await store.unpark(parked());
    expect([...all.keys()]).toEqual([claim?.key]);
  });

  it('stores the copy under the subject of the message, even on an unordered channel', async () => {
    const { store, all } = holder({ unordered: true });
    await store.park(parked({ aggregateId: 'm1' }));
    expect([...all.keys()]).toEqual([claim?.key, COPY]);
    await store.unpark(parked({ aggregateId: 'm1' }));
    expect([...all.keys()]).toEqual([claim?.key]);
  });

  it('deletes a copy that was made during an erasure', async () => {
    const { store, all } = holder({ isErased: true });
    await store.park(parked());
    expect([...all.keys()]).toEqual([claim?.key]);
  });

  it('copies data only once', async () => {
    const { store, all } = holder();
    await store.park(parked());
    all.set(COPY, Buffer.from('first'));
    await store.park(parked({ attempts: 2 }), 'known');
    expect(all.get(COPY)).toEqual(Buffer.from('first'));
  });

  it('deletes the copy of a discarded message', async () => {
    const { store, all } = holder();
    await store.park(parked());
    const discarded = { ...parked(), discardedAt: '2026-11-30T00:00:00Z', discardedBecause: 'a test' };
    await store.discard(discarded);
    expect([...all.keys()]).toEqual([claim?.key]);
  });

  it.each([
    ['under its aggregate', 'A', false],
    ['under its own ID', 'm1', true],
  ])(
    'deletes the copy of a message that is parked %s and only has a reply to send',
    async (_, aggregateId, unordered) => {
      const { store, all } = holder({ unordered });
      await store.park(parked({ aggregateId }));
      await store.park(parked({ aggregateId, reason: 'unsent', body: '' }));
      expect([...all.keys()]).toEqual([claim?.key]);
    },
  );

  it('deletes a copy that was made while the message was removed', async () => {
    const { store, all, memory } = holder({ beforeCopy: (own) => own.unpark(parked()) });
    await store.park(parked());
    expect(await memory.parkedOf('A')).toEqual([]);
    expect([...all.keys()]).toEqual([claim?.key]);
  });

  it('deletes the copy of an unreadable message when it is discarded', async () => {
    const { store, all } = holder();
    const { sequence: _, ...versionless } = JSON.parse(body);
    const key = { aggregateId: 'archive.fifo', version: 0, messageId: 'q1' };
    const unreadable = parked({ ...key, reason: 'unreadable', body: JSON.stringify(versionless) });
    await store.park(unreadable);
    await store.discard({ ...unreadable, discardedAt: '2026-11-30T00:00:00Z', discardedBecause: 'a test' });
    expect([...all.keys()]).toEqual([claim?.key]);
  });

  it('keeps the copy of a formerly unreadable message that is parked under its own aggregate', async () => {
    const { store, all } = holder();
    const unreadable = parked({ aggregateId: 'archive.fifo', version: 0, messageId: 'q1', reason: 'unreadable' });
    await store.park(unreadable);
    expect([...all.keys()]).toEqual([claim?.key, COPY]);
    await store.park(parked());
    await store.unpark(unreadable);
    expect([...all.keys()]).toEqual([claim?.key, COPY]);
    await store.unpark(parked());
    expect([...all.keys()]).toEqual([claim?.key]);
  });

  it('erases the copies of an aggregate, and of no other', async () => {
    const { store, all } = holder();
    await store.park(parked());
    for (const key of ['parked/archive/A/left', 'parked/archive/AB/m2', 'parked/other/A/m1'])
      all.set(key, Buffer.from(''));
    await store.eraseLeft('A', 'm2');
    expect([...all.keys()]).toEqual([claim?.key, 'parked/archive/AB/m2', 'parked/other/A/m1']);
  });
});

describe('an outbox item in a foreign transaction', () => {
  const itemOf = (large: boolean | undefined) =>
    outboxItem('outbox', 'documents', removed, {
      ...{ ...input, data: { orderId: 'A', text: 'left' } },
      ...{ version: 1, ...(large !== undefined && { large }) },
    }).Put?.Item;

  it('of an erasing event requests the erasure of sent data if the channel is large', () => {
    expect(itemOf(true)).toMatchObject({ erases: true });
    expect(itemOf(false)).not.toHaveProperty('erases');
    expect(() => itemOf(undefined)).toThrow(
      'shop.document.removed.v1 erases: pass `large: true` if documents is large, otherwise `large: false`',
    );
  });
});

describe('the relay', () => {
  it('deletes the row of an erasing event only after it has erased the data', async () => {
    const erasing = { ...outboxRow('A', 1), erases: true } as const;
    const rows = [erasing];
    const removedRows: unknown[] = [];
    const outbox = {
      pendingUpTo: async () => rows,
      async remove(some: readonly unknown[]) {
        removedRows.push(...some);
        return [];
      },
      async *scan() {},
    };
    const sent: unknown[] = [];
    const sender = {
      async send(messages: readonly unknown[]) {
        sent.push(...messages);
        return new Map();
      },
    };
    const erased: string[] = [];
    let fails = true;
    const relay = createRelay({
      ...{ outbox, sender },
      async erase(channel, subject) {
        if (fails) throw new Error('S3 is down');
        erased.push(`${subject} of ${channel} after ${sent.length}`);
      },
    });
    expect((await relay.publishPending(rows)).failed.get('A')?.message).toBe('S3 is down');
    expect(removedRows).toEqual([]);
    fails = false;
    await relay.publishPending(rows);
    expect([erased, removedRows]).toEqual([['A of member-events after 2'], rows]);
    const without = await createRelay({ outbox, sender }).publishPending(rows);
    expect(without.failed.get('A')?.message).toContain('pass a `claimCheck` to outboxFunctions');
  });
});

describe('the keys of sent data', () => {
  const key = (subject: string) => sentKey('documents', { subject, id: 'm1', datasha256: 'ab' });

  it.each(['../other', '.', '..', 'a/b', '%2F', 'a&b<c>"\'', 'a\u0000b', 'ö 漢'])(
    'of the subject %j can be decoded, and have no characters with a special meaning in a path or in XML',
    (subject) => {
      expect(key(subject)).toMatch(/^messages\/documents\/(?!\.{1,2}\/)[^/<>&"'\p{Cc}]+\/m1\/ab$/u);
      expect(decodeURIComponent(key(subject).split('/')[2] ?? '')).toBe(subject);
    },
  );
});

describe('calls to S3', () => {
  const CREDENTIALS = {
    accessKeyId: ['AKIAIOSFODNN7', 'EXAMPLE'].join(''),
    secretAccessKey: ['wJalrXUtnFEMI', 'K7MDENG', 'bPxRfiCYEXAMPLEKEY'].join('/'),
  };
  const NOTHING = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';

  // https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html
  it.each([
    [
      'GET',
      'test.txt',
      { range: 'bytes=0-9', 'x-amz-content-sha256': NOTHING },
      'f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41',
    ],
    [
      'GET',
      '?max-keys=2&prefix=J',
      { 'x-amz-content-sha256': NOTHING },
      '34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7',
    ],
  ])('are signed as in the example of AWS: %s %s', async (method, path, headers, signature) => {
    vi.useFakeTimers({ toFake: ['Date'], now: new Date('2013-05-24T00:00:00Z') });
    onTestFinished(() => void vi.useRealTimers());
    const url = new URL(`https://examplebucket.s3.amazonaws.com/${path}`);
    const sign = signerOf('s3', { region: 'us-east-1', credentials: CREDENTIALS });
    const { authorization } = await sign(
      url,
      { host: url.host, ...headers } as Record<string, string>,
      undefined,
      method,
    );
    expect(authorization).toContain(`Signature=${signature}`);
  });

  it('have a path that is not escaped twice', async () => {
    const now = new Date('2026-11-30T00:00:00Z');
    vi.useFakeTimers({ toFake: ['Date'], now });
    onTestFinished(() => void vi.useRealTimers());
    const url = new URL('http://127.0.0.1/bucket/a%24b');
    const sign = signerOf('s3', { region: 'us-east-1', credentials: CREDENTIALS });
    const { authorization } = await sign(url, { host: url.host, 'x-amz-content-sha256': NOTHING }, undefined, 'GET');
    const headers = `host:127.0.0.1\nx-amz-content-sha256:${NOTHING}\nx-amz-date:20261130T000000Z\n`;
    const canonical = `GET\n/bucket/a%24b\n\n${headers}\nhost;x-amz-content-sha256;x-amz-date\n${NOTHING}`;
    const digest = createHash('sha256').update(canonical).digest('hex');
    const scope = ['20261130', 'us-east-1', 's3', 'aws4_request'];
    const key = scope.reduce(
      (secret, part) => createHmac('sha256', secret).update(part).digest(),
      Buffer.from(`AWS4${CREDENTIALS.secretAccessKey}`),
    );
    const toSign = `AWS4-HMAC-SHA256\n20261130T000000Z\n${scope.join('/')}\n${digest}`;
    expect(authorization).toContain(`Signature=${createHmac('sha256', key).update(toSign).digest('hex')}`);
  });

  /** Starts an S3 that returns these responses in turn, and then the last one again. Status 0 drops the connection. */
  async function s3Returning(...answers: Array<[status: number, body?: string]>) {
    const requests: string[] = [];
    const server = createServer((request, response) => {
      requests.push(`${request.method} ${request.url}`);
      const [status, body = ''] = answers[Math.min(requests.length, answers.length) - 1] ?? [500];
      if (status === 0) request.socket.destroy();
      else response.writeHead(status).end(body);
    });
    vi.stubEnv('AWS_ENDPOINT_URL_S3', await listen(server, 0, 'S3'));
    onTestFinished(() => close(server));
    onTestFinished(() => void vi.unstubAllEnvs());
    return { objects: createObjects('bucket'), requests };
  }

  it('are retried if S3 is busy or does not respond', async () => {
    const { objects, requests } = await s3Returning([503], [0], [200, 'data']);
    expect(Buffer.from((await objects.get('messages/a b/m1')) ?? []).toString()).toBe('data');
    expect(requests).toEqual(Array(3).fill('GET /bucket/messages/a%20b/m1'));
  });

  it('fail with the error of S3', async () => {
    const { objects } = await s3Returning([403, '<Error><Code>AccessDenied</Code></Error>']);
    await expect(objects.put('k', Buffer.from('x'), 'text/plain')).rejects.toThrow(
      'S3 returned 403 AccessDenied for PUT bucket/k',
    );
    expect(await objects.get('k')).toBeUndefined();
    const down = await s3Returning([0]);
    await expect(down.objects.get('k')).rejects.toThrow('S3 did not respond to GET bucket/k');
  });

  const DENIED = '<Error><Code>AccessDenied</Code></Error>';
  it.each([
    ['succeeds', true, [[200, '<?xml version="1.0"?><CopyObjectResult/>']]],
    ['finds no source', false, [[404], [404]]],
    ['finds no source, and may not list', false, [[403, DENIED], [403]]],
    ['may not write the copy', 'S3 returned 403 AccessDenied for copy bucket/k to l', [[403, DENIED], [200]]],
    [
      'fails after the response has begun',
      'S3 returned 200 InternalError for copy bucket/k to l',
      [[200, '<Error><Code>InternalError</Code></Error>']],
    ],
  ] as const)('return the result of a copy that %s', async (_, expected, answers) => {
    const { objects } = await s3Returning(...answers.map(([status, body]) => [status, body] as [number, string?]));
    const copied = await objects.copy('k', 'l').catch((error: Error) => error.message);
    expect(copied).toBe(expected);
  });

  it('have a configurable number of attempts', async () => {
    const { objects, requests } = await s3Returning([503]);
    await expect(objects.get('k', 1)).rejects.toThrow('S3 returned 503');
    expect(requests).toHaveLength(1);
  });

  it('delete all objects under a prefix, page by page', async () => {
    const { objects, requests } = await s3Returning(
      [200, '<Key>p/1</Key><Key>p/2</Key>'],
      ...[[204], [204], [200, '<Key>p/3</Key>'], [204], [200]].map((answer) => answer as [number, string?]),
    );
    await objects.removeUnder('p/');
    expect(requests.filter((one) => one.startsWith('DELETE')).toSorted()).toEqual([
      'DELETE /bucket/p/1',
      'DELETE /bucket/p/2',
      'DELETE /bucket/p/3',
    ]);
    expect(requests[0]).toBe('GET /bucket/?list-type=2&prefix=p%2F');
  });
});
