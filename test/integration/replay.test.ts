import { DeleteCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { changedAssembly } from '../support/assembly.ts';
import { cloudOf, eventually, newPhone, startTestCloud, type TestCloud } from '../support/cloud.ts';
import { runScript } from '../support/run.ts';

let cloud: TestCloud;
beforeAll(async () => {
  cloud = await startTestCloud();
});
afterAll(() => cloud.stop());

const ops = (...options: string[]) =>
  runScript('packages/cli/src/cli/main.ts', 'ops', '--endpoint', cloud.endpointUrl, ...options);

/** A member with two changes that every service has applied. */
async function changedMember(): Promise<string> {
  const { body } = await cloud.request('POST', '/v1/members', { phone: newPhone(), name: 'Lucía', locale: 'en' });
  const path = `/v1/members/${body.id}`;
  await cloud.request('PATCH', path, { locale: 'es' }, { 'if-match': '"1"' });
  await cloud.request('PATCH', path, { locale: 'zh-CN' }, { 'if-match': '"2"' });
  await eventually(async () => {
    const tables = ['sms', 'points', 'guide'];
    const cursors = await Promise.all(tables.map(async (table) => cursorOf(await cloud.items(table, body.id))));
    return cursors.every((version) => version === 3);
  });
  return body.id;
}

const cursorOf = (items: Array<Record<string, any>>) =>
  items.find(({ sk }) => ['contact', 'account', 'journey'].includes(sk))?.version;

/** The items without their times. */
const withoutTimes = (items: Array<Record<string, any>>) =>
  items.map(({ appliedAt: _, openedAt: __, begunAt: ___, ...item }) => item);

async function lose(table: string, member: string): Promise<Array<Record<string, any>>> {
  const items = await cloud.items(table, member);
  for (const { pk, sk } of items) {
    await cloud.dynamodb.send(new DeleteCommand({ TableName: `rollcall-dev-${table}`, Key: { pk, sk } }));
  }
  return items;
}

describe('npm run ops -- replay', () => {
  it('applies lost events of a subscriber again, in order, and ignores events that are already applied', async () => {
    const since = new Date().toISOString();
    const [lost, kept] = [await changedMember(), await changedMember()];
    const before = await lose('points', lost);
    const untouched = await cloud.items('points', kept);
    const { code, stdout, stderr } = await ops('replay', 'points', '--since', since, '--yes', '--json');
    expect([code, stderr]).toEqual([0, '']);
    expect(JSON.parse(stdout)).toMatchObject({ subscriber: 'points', topic: 'rollcall-dev-member-events.fifo', since });
    expect(withoutTimes(await cloud.items('points', lost))).toEqual(withoutTimes(before));
    expect(await cloud.items('points', kept)).toEqual(untouched);
  });

  it('replays only to the named subscriber', async () => {
    const since = new Date().toISOString();
    const member = await changedMember();
    const [points] = [await cloud.items('points', member)];
    const before = await lose('guide', member);
    await ops('replay', 'guide', '--since', since, '--yes');
    expect(withoutTimes(await cloud.items('guide', member))).toEqual(withoutTimes(before));
    expect(await cloud.items('points', member)).toEqual(points);
    expect((await ops('parked', 'list', '--json')).stdout.trim()).toBe('[]');
  });

  it('stops at a given time', async () => {
    const since = new Date().toISOString();
    const first = await changedMember();
    const until = new Date().toISOString();
    const second = await changedMember();
    await lose('points', first);
    await lose('points', second);
    await ops('replay', 'points', '--since', since, '--until', until, '--yes');
    expect(cursorOf(await cloud.items('points', first))).toBe(3);
    expect(await cloud.items('points', second)).toEqual([]);
  });

  it('with --no-wait, does not wait for the end of the replay', async () => {
    const since = new Date().toISOString();
    const member = await changedMember();
    await lose('points', member);
    expect((await ops('replay', 'points', '--since', since, '--yes', '--no-wait')).code).toBe(0);
    await eventually(async () => cursorOf(await cloud.items('points', member)) === 3);
  });

  it('shows the planned effects, and does nothing without confirmation', async () => {
    const { code, stderr } = await ops('replay', 'sms', '--since', new Date().toISOString());
    expect(code).toBe(1);
    expect(stderr).toContain('including calls to sms providers');
    expect(stderr).toContain('switch set sms skip');
    expect(stderr).toContain('Confirm with --yes.');
  });

  it.each([
    ['a time before the archive begins', ['points', '--since', '3d'], 'begins at'],
    ['a future time', ['points', '--since', '2100-01-01'], 'is in the future'],
    ['an end before the beginning', ['points', '--since', '0min', '--until', '1h'], '--until must be later'],
    ['an unknown subscriber', ['mail', '--since', '1min'], 'There is no subscriber "mail"; there are: guide'],
    ['a consumer of commands', ['points-commands', '--since', '1min'], 'there is nothing to replay'],
  ])('refuses %s', async (_, options, what) => {
    const { code, stderr } = await ops('replay', ...options, '--yes');
    expect([code, stderr]).toEqual([1, expect.stringContaining(what)]);
  });

  it('gives a remedy if the topic has no archive', async () => {
    const without = await cloudOf({
      assembly: await changedAssembly(['foundation'], ({ Properties }) => delete Properties?.ArchivePolicy),
    });
    const { code, stderr } = await runScript(
      ...([
        'packages/cli/src/cli/main.ts',
        'ops',
        '--endpoint',
        without.endpointUrl,
        'replay',
        'points',
        '--since',
        '1min',
      ] as const),
    );
    expect([code, stderr]).toEqual([1, expect.stringContaining('Set eventArchiveDays of stage dev')]);
  });
});
