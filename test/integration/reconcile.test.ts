import {
  CreateQueueCommand,
  DeleteQueueCommand,
  GetQueueAttributesCommand,
  GetQueueUrlCommand,
} from '@aws-sdk/client-sqs';
import { UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { changedAssembly } from '../support/assembly.ts';
import { cloudOf, eventually, newPhone, startTestCloud, switchTo, type TestCloud } from '../support/cloud.ts';
import { copyOf, restore } from '../support/disaster.ts';
import { runScript } from '../support/run.ts';

let cloud: TestCloud;
beforeAll(async () => {
  cloud = await startTestCloud();
});
afterAll(() => cloud.stop());

const ops = (...options: string[]) =>
  runScript('packages/cli/src/cli/main.ts', 'ops', '--endpoint', cloud.endpointUrl, ...options);

async function reconcile(...options: string[]) {
  const { code, stdout, stderr } = await ops('reconcile', '--json', ...options);
  expect(stderr).toBe('');
  const report = JSON.parse(stdout);
  const counts: Array<[string, string, number]> = report.counts.map(
    ({ consumer, kind, subjects }: { consumer: string; kind: string; subjects: number }) => [consumer, kind, subjects],
  );
  return { code, report, counts };
}

async function registered(locale = 'en', at = cloud): Promise<{ id: string; phone: string; path: string }> {
  const phone = newPhone();
  const { body } = await at.request('POST', '/v1/members', { phone, name: 'Lucía', locale });
  return { id: body.id, phone, path: `/v1/members/${body.id}` };
}

async function change(path: string, profile: { locale?: string; name?: string }, at = cloud): Promise<number> {
  const { status, body } = await at.request('PATCH', path, profile, { 'if-match': '*' });
  expect(status).toBe(200);
  return body.version;
}

const CURSORS = ['contact', 'account', 'journey', 'cursor'];
const cursorIn = async (table: string, id: string, at = cloud) =>
  (await at.items(table, id)).find(({ sk }) => CURSORS.includes(sk));

/** The attributes that a recreated queue gets from the deleted one. */
const COPIED_ATTRIBUTES = ['FifoQueue', 'VisibilityTimeout', 'MessageRetentionPeriod', 'RedrivePolicy', 'Policy'];
const BONUS = 100;
const POINTS = 10;

async function redeemed(path: string): Promise<void> {
  const { status, body } = await cloud.request('POST', `${path}/redemptions`, { points: POINTS });
  expect(status).toBe(202);
  await cloud.settled();
  expect((await cloud.request('GET', `/v1/operations/${body.id}`)).body.state).toBe('succeeded');
}

describe('npm run ops -- reconcile', () => {
  it('finds no difference if all data agrees, and prints the number of compared items', async () => {
    const { path } = await registered();
    await change(path, { locale: 'es' });
    await cloud.settled();
    const { code, stdout } = await ops('reconcile');
    expect([code, stdout]).toEqual([0, expect.stringMatching(/compared: \d+ member-events, 0 points-commands/)]);
    expect(stdout).toContain('No differences.');
  });

  describe("when the publisher's table was restored", () => {
    it('without a repair, subscribers treat the next change as a duplicate', async () => {
      const { id, path } = await registered('en');
      await change(path, { locale: 'es' });
      await cloud.settled();
      const before = await copyOf(cloud, 'members');
      await change(path, { locale: 'zh-CN' });
      await cloud.settled();
      await restore(cloud, 'members', before);
      // The first change after the restore gets a version that was already used.
      expect(await change(path, { locale: 'en' })).toBe(3);
      await cloud.settled();
      expect(await cursorIn('guide', id)).toMatchObject({ version: 3, journeyLocale: 'zh-CN' });
      const { code, counts } = await reconcile();
      expect([code, counts]).toEqual([
        1,
        [
          ['guide', 'other-state', 1],
          ['sms', 'other-state', 1],
        ],
      ]);
      const mended = await reconcile('--mend', '--yes');
      expect([mended.code, mended.report.mended]).toEqual([0, expect.objectContaining({ raised: 1, toldAgain: 0 })]);
      expect(await cursorIn('guide', id)).toMatchObject({ version: 4, journeyLocale: 'en' });
      expect(await cursorIn('sms', id)).toMatchObject({ version: 4, locale: 'en' });
    });

    it('after a repair before any change, versions continue above those of the subscribers', async () => {
      const { id, path } = await registered('en');
      await cloud.settled();
      const before = await copyOf(cloud, 'members');
      await change(path, { locale: 'es' });
      await change(path, { locale: 'zh-CN' });
      await cloud.settled();
      await restore(cloud, 'members', before);
      const { code, counts, report } = await reconcile();
      expect([code, counts]).toEqual([
        1,
        [
          ['guide', 'ahead', 1],
          ['points', 'ahead', 1],
          ['sms', 'ahead', 1],
        ],
      ]);
      expect(report.differences[0]).toMatchObject({ aggregate: id, version: 1, applied: 3 });
      const mended = await reconcile('--mend', '--yes');
      expect([mended.code, mended.counts, mended.report.mended]).toEqual([
        0,
        [],
        { published: expect.any(Number), raised: 1, replayed: [], notReplayed: [], toldAgain: 0 },
      ]);
      // Lost changes are lost everywhere: subscribers have the same state as the publisher.
      expect(await cursorIn('guide', id)).toMatchObject({ version: 4, journeyLocale: 'en' });
      expect(await change(path, { locale: 'es' })).toBe(5);
      await eventually(async () => (await cursorIn('guide', id))?.journeyLocale === 'es');
    });

    it('after a repair, a new command has the next number', async () => {
      const { id, path } = await registered();
      await cloud.settled();
      const before = await copyOf(cloud, 'members');
      await redeemed(path);
      await restore(cloud, 'members', before);
      const { code, counts } = await reconcile();
      expect([code, counts]).toEqual([1, [['points-commands', 'ahead', 1]]]);
      const mended = await reconcile('--mend', '--yes');
      expect([mended.code, mended.report.mended.raised]).toEqual([0, 1]);
      await redeemed(path);
      const { body } = await cloud.request('GET', `${path}/points`);
      expect(body.balance).toBe(BONUS - 2 * POINTS);
      expect(await cloud.items('points-commands', id)).toMatchObject([{ version: 2 }]);
    });

    it('without a repair, the next command is treated as a duplicate, and gets no reply', async () => {
      const { id, path } = await registered();
      await cloud.settled();
      const before = await copyOf(cloud, 'members');
      await redeemed(path);
      await restore(cloud, 'members', before);
      const { body } = await cloud.request('POST', `${path}/redemptions`, { points: POINTS, expiresIn: 3600 });
      await cloud.settled();
      expect((await cloud.request('GET', `/v1/operations/${body.id}`)).body.state).toBe('pending');
      expect(await cloud.items('points-commands', id)).toMatchObject([{ version: 1 }]);
      // Both sides now count one command, so the difference cannot be detected.
      expect((await reconcile()).counts).toEqual([]);
    });
  });

  describe("when a subscriber's table was restored", () => {
    it('replays lost events, and applies them once; other subscribers only get duplicates', async () => {
      const [changed, former] = [await registered('en'), await registered('en')];
      await cloud.settled();
      const before = await copyOf(cloud, 'guide');
      await change(changed.path, { locale: 'es' });
      await cloud.request('DELETE', former.path);
      const late = await registered('es');
      await cloud.settled();
      const texts = (await cloud.texts(late.phone)).length;
      await restore(cloud, 'guide', before);
      const { code, counts } = await reconcile();
      expect([code, counts]).toEqual([
        1,
        [
          ['guide', 'behind', 1],
          ['guide', 'missing', 1],
          ['guide', 'not-erased', 1],
        ],
      ]);
      const mended = await reconcile('--mend', '--yes');
      expect([mended.code, mended.report.mended]).toMatchObject([0, { raised: 0, replayed: ['guide'], toldAgain: 0 }]);
      expect(await cursorIn('guide', changed.id)).toMatchObject({ version: 2, journeyLocale: 'es' });
      expect(await cursorIn('guide', former.id)).toMatchObject({ version: 2, erased: true });
      expect(await cursorIn('guide', late.id)).toMatchObject({ version: 1, journeyLocale: 'es' });
      expect((await cloud.texts(late.phone)).length).toBe(texts);
    });

    it('publishes the current state in place of events that the archive lacks', async () => {
      const withoutArchive = await cloudOf({
        assembly: await changedAssembly(['foundation'], ({ Properties }) => delete Properties?.ArchivePolicy),
      });
      const [changed, former] = [await registered('en', withoutArchive), await registered('en', withoutArchive)];
      await withoutArchive.settled();
      const before = await copyOf(withoutArchive, 'guide');
      await change(changed.path, { locale: 'es' }, withoutArchive);
      await withoutArchive.request('DELETE', former.path);
      const late = await registered('es', withoutArchive);
      await withoutArchive.settled();
      await restore(withoutArchive, 'guide', before);
      const { code, report } = await reconcile('--mend', '--yes', '--endpoint', withoutArchive.endpointUrl);
      expect([code, report.counts]).toEqual([0, []]);
      expect(report.mended).toMatchObject({ replayed: [], toldAgain: 3 });
      expect(report.mended.notReplayed).toEqual([
        { consumer: 'guide', because: expect.stringContaining('keeps no archive') },
      ]);
      expect(await cursorIn('guide', changed.id, withoutArchive)).toMatchObject({ version: 2, journeyLocale: 'es' });
      expect(await cursorIn('guide', former.id, withoutArchive)).toMatchObject({ version: 2, erased: true });
      expect(await cursorIn('guide', late.id, withoutArchive)).toMatchObject({ version: 1, addressee: 'Lucía' });
      // All other subscribers treated these events as duplicates.
      expect(await withoutArchive.texts(late.phone)).toHaveLength(1);
    });
  });

  it('publishes the current state in place of rows that the outbox has lost', async () => {
    const { id, path } = await registered('en');
    await cloud.settled();
    // Simulates a change whose unpublished row is lost, because the outbox was restored to an earlier moment.
    await cloud.dynamodb.send(
      new UpdateCommand({
        TableName: 'rollcall-dev-members',
        Key: { pk: `member#${id}` },
        UpdateExpression: 'SET #locale = :es, version = :two',
        ExpressionAttributeNames: { '#locale': 'locale' },
        ExpressionAttributeValues: { ':es': 'es', ':two': 2 },
      }),
    );
    const { code, counts, report } = await reconcile();
    expect([code, counts]).toEqual([
      1,
      [
        ['guide', 'behind', 1],
        ['points', 'behind', 1],
        ['sms', 'behind', 1],
      ],
    ]);
    expect(report.differences[0]).toMatchObject({ version: 2, applied: 1, lost: 1 });
    const mended = await reconcile('--mend', '--yes');
    expect([mended.code, mended.report.mended]).toMatchObject([0, { toldAgain: 1 }]);
    expect(await cursorIn('sms', id)).toMatchObject({ version: 2, locale: 'es' });
    expect(await change(path, { locale: 'en' })).toBe(3);
  });

  it('distinguishes parked from lost messages, and leaves parked messages to an operator', async () => {
    const { id, path } = await registered('en');
    await cloud.settled();
    const before = await copyOf(cloud, 'guide');
    await change(path, { locale: 'es' });
    await cloud.settled();
    const item = {
      ...{ pk: id, sk: `parked#${'2'.padStart(16, '0')}#x`, parkedAggregate: id, version: 2, messageId: 'x' },
      ...{ body: '{}', reason: 'held', attempts: 0, parkedAt: new Date().toISOString() },
    };
    await restore(cloud, 'guide', [...before, item]);
    const { code, counts, report } = await reconcile('--mend', '--yes');
    expect([code, counts]).toEqual([1, [['guide', 'parked', 1]]]);
    expect(report.differences).toMatchObject([{ parked: ['held'] }]);
    expect(report.mended).toBeUndefined();
    await restore(cloud, 'guide', before);
    expect((await reconcile('--mend', '--yes')).code).toBe(0);
  });

  it('shows the planned repairs, and does nothing without confirmation', async () => {
    const { id } = await registered('en');
    await cloud.settled();
    const items = await cloud.items('guide', id);
    await restore(
      cloud,
      'guide',
      (await copyOf(cloud, 'guide')).filter(({ pk }) => pk !== id),
    );
    const { code, stdout, stderr } = await ops('reconcile', '--mend');
    expect(code).toBe(1);
    expect(stdout).toMatch(new RegExp(`guide +missing +${id} +1 +none +1`));
    expect(stderr).toContain('The archive is replayed to guide.');
    expect(stderr).toContain('including provider calls');
    expect(stderr).toContain('Confirm with --yes.');
    expect(await cloud.items('guide', id)).toEqual([]);
    await restore(cloud, 'guide', [...(await copyOf(cloud, 'guide')), ...items] as any[]);
  });

  it('reconciles copies of tables from different moments, in a region that lacks the queued and archived messages', async () => {
    const [unchanged, changed, late] = [await registered('en'), await registered('en'), await registered('en')];
    await cloud.settled();
    const copies = new Map([['guide', (await copyOf(cloud, 'guide')).filter(({ pk }) => pk !== late.id)]]);
    await change(changed.path, { locale: 'es' });
    await cloud.settled();
    for (const table of ['members', 'points', 'points-commands']) copies.set(table, await copyOf(cloud, table));
    await change(changed.path, { locale: 'zh-CN' });
    await cloud.settled();
    copies.set('sms', await copyOf(cloud, 'sms'));
    const elsewhere = await cloudOf();
    for (const [table, items] of copies) await restore(elsewhere, table, items);
    const there = await reconcile('--mend', '--yes', '--endpoint', elsewhere.endpointUrl);
    expect([there.code, there.counts]).toEqual([0, []]);
    expect(await cursorIn('guide', changed.id, elsewhere)).toMatchObject({ version: 4, journeyLocale: 'es' });
    expect(await cursorIn('sms', changed.id, elsewhere)).toMatchObject({ version: 4, locale: 'es' });
    expect(await cursorIn('guide', late.id, elsewhere)).toMatchObject({ version: 1 });
    // Members who got a welcome SMS in the first region do not get a second welcome SMS.
    for (const { phone } of [unchanged, changed, late]) expect(await elsewhere.texts(phone)).toEqual([]);
  });

  it('replays the messages of a deleted queue', async () => {
    const QueueName = 'rollcall-dev-guide.fifo';
    const { QueueUrl } = await cloud.sqs.send(new GetQueueUrlCommand({ QueueName }));
    const { Attributes = {} } = await cloud.sqs.send(
      new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['All'] }),
    );
    await switchTo(cloud, 'guide', 'pause');
    const { id } = await registered('es');
    await eventually(async () => (await cursorIn('points', id))?.version === 1);
    await cloud.sqs.send(new DeleteQueueCommand({ QueueUrl }));
    const copied = Object.entries(Attributes).filter(([name]) => COPIED_ATTRIBUTES.includes(name));
    await cloud.sqs.send(new CreateQueueCommand({ QueueName, Attributes: Object.fromEntries(copied) }));
    await switchTo(cloud, 'guide', 'on');
    const before = await reconcile();
    expect([before.code, before.counts]).toEqual([1, [['guide', 'missing', 1]]]);
    const mended = await reconcile('--mend', '--yes');
    expect([mended.code, mended.report.mended]).toMatchObject([0, { replayed: ['guide'], toldAgain: 0 }]);
    expect(await cursorIn('guide', id)).toMatchObject({ version: 1, journeyLocale: 'es' });
  });

  it('lists unknown members, and erased members that are active again', async () => {
    const former = await registered();
    await cloud.settled();
    const before = await copyOf(cloud, 'members');
    const unknown = await registered();
    await cloud.request('DELETE', former.path);
    await cloud.settled();
    await restore(cloud, 'members', before);
    const { code, counts, report } = await reconcile('--mend', '--yes');
    expect(code).toBe(1);
    const differencesOf = (id: string) =>
      report.differences
        .filter(({ aggregate }: { aggregate: string }) => aggregate === id)
        .map(({ consumer, kind }: { consumer: string; kind: string }) => `${consumer} ${kind}`);
    expect(differencesOf(unknown.id)).toEqual(['sms unknown', 'points unknown', 'guide unknown']);
    expect(differencesOf(former.id).sort()).toEqual(['guide returned', 'points returned', 'sms returned']);
    expect(counts).toHaveLength(6);
    // The member who left is erased again. Services do not confirm a second erasure, but no difference of this member
    // remains.
    expect((await ops('member', 'erase', former.id, '--yes')).code).toBe(0);
    await cloud.settled();
    const { counts: after } = await reconcile();
    expect(after.map(([, kind]) => kind)).toEqual(['unknown', 'unknown', 'unknown']);
    expect((await cloud.request('GET', `${former.path}/erasure`)).body.state).toBe('pending');
    // `member forget` stores a member that registration had lost, as a former member.
    expect((await ops('member', 'forget', unknown.id, '--yes')).code).toBe(0);
    await cloud.settled();
    expect(await reconcile()).toMatchObject({ code: 0, counts: [] });
    expect(JSON.stringify(await cloud.items('sms', unknown.id))).not.toContain(unknown.phone);
    const forgotten = await cloud.request('GET', `/v1/members/${unknown.id}/erasure`);
    expect(forgotten.body.state).toBe('done');
    expect((await ops('member', 'forget', unknown.id, '--yes')).stderr).toContain(
      'The registration service stores member',
    );
  });
});
