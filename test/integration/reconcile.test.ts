import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually, newPhone, startTestCloud, type TestCloud } from '../support/cloud.ts';
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

async function registered(locale = 'en'): Promise<{ id: string; phone: string; path: string }> {
  const phone = newPhone();
  const { body } = await cloud.request('POST', '/v1/members', { phone, name: 'Lucía', locale });
  return { id: body.id, phone, path: `/v1/members/${body.id}` };
}

async function change(path: string, profile: { locale?: string; name?: string }): Promise<number> {
  const { status, body } = await cloud.request('PATCH', path, profile, { 'if-match': '*' });
  expect(status).toBe(200);
  return body.version;
}

const CURSORS = ['contact', 'account', 'journey', 'cursor'];
const cursorIn = async (table: string, id: string) =>
  (await cloud.items(table, id)).find(({ sk }) => CURSORS.includes(sk));

describe('npm run ops -- reconcile', () => {
  it('finds nothing where everything agrees, and says what it compared', async () => {
    const { path } = await registered();
    await change(path, { locale: 'es' });
    await cloud.settled();
    const { code, stdout } = await ops('reconcile');
    expect([code, stdout]).toEqual([0, expect.stringMatching(/compared: \d+ member-events, 0 points-commands/)]);
    expect(stdout).toContain('Everything agrees.');
  });

  describe("when the publisher's table was restored", () => {
    it('without mending, subscribers take what is changed next for a duplicate', async () => {
      const { id, path } = await registered('en');
      await change(path, { locale: 'es' });
      await cloud.settled();
      const before = await copyOf(cloud, 'members');
      await change(path, { locale: 'zh-CN' });
      await cloud.settled();
      await restore(cloud, 'members', before);
      // The first change after the restore gets a version that was there before.
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

    it('mended before anything is changed, versions go on above what subscribers have seen', async () => {
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
      // What was lost is lost everywhere: subscribers hold what the publisher does.
      expect(await cursorIn('guide', id)).toMatchObject({ version: 4, journeyLocale: 'en' });
      expect(await change(path, { locale: 'es' })).toBe(5);
      await eventually(async () => (await cursorIn('guide', id))?.journeyLocale === 'es');
    });

    it('tells by name who is unknown, and who has left and is back', async () => {
      const left = await registered();
      await cloud.settled();
      const before = await copyOf(cloud, 'members');
      const unknown = await registered();
      await cloud.request('DELETE', left.path);
      await cloud.settled();
      await restore(cloud, 'members', before);
      const { code, counts, report } = await reconcile('--mend', '--yes');
      expect(code).toBe(1);
      const of = (id: string) =>
        report.differences
          .filter(({ aggregate }: { aggregate: string }) => aggregate === id)
          .map(({ consumer, kind }: { consumer: string; kind: string }) => `${consumer} ${kind}`);
      expect(of(unknown.id)).toEqual(['sms unknown', 'points unknown', 'guide unknown']);
      expect(of(left.id).sort()).toEqual(['guide returned', 'points returned', 'sms returned']);
      expect(counts).toHaveLength(6);
      // They leave once more.
      expect((await ops('member', 'erase', left.id, '--yes')).code).toBe(0);
      await cloud.settled();
      expect(of(left.id).length).toBe(3);
      const { counts: after } = await reconcile();
      expect(after.map(([, kind]) => kind)).toEqual(['unknown', 'unknown', 'unknown']);
      const erasure = await cloud.request('GET', `${left.path}/erasure`);
      console.log(JSON.stringify(erasure.body));
    });
  });
});
