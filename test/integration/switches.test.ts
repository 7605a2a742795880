import { DeleteTableCommand } from '@aws-sdk/client-dynamodb';
import { ScanCommand } from '@aws-sdk/lib-dynamodb';
import { durationBucket, sliceOf } from '@rollcall/kit/internal/resilience/circuit';
import { createCircuitStore } from '@rollcall/kit/internal/resilience/dynamodb-circuit-store';
import { changeSwitches, createSwitches, readSwitches } from '@rollcall/kit/internal/resilience/switches';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Mode } from '../../shared/config/capabilities.ts';
import { memberIdOf } from '../support/builders.ts';
import {
  cloudOf,
  eventually,
  newPhone,
  noFaults,
  SWITCHES,
  startTestCloud,
  switchTo,
  type TestCloud,
} from '../support/cloud.ts';
import { runScript } from '../support/run.ts';

let ids = 0;

const register = async (cloud: TestCloud, phone = newPhone()) =>
  (await cloud.request('POST', '/v1/members', { phone, name: 'Lucía', locale: 'es' })).body;

describe('switches', () => {
  let cloud: TestCloud;
  beforeAll(async () => {
    cloud = await startTestCloud();
  });
  afterAll(() => cloud.stop());

  const ops = (...options: string[]) =>
    runScript('packages/cli/src/cli/main.ts', 'ops', '--endpoint', cloud.endpointUrl, ...options);
  const opsJson = async (...options: string[]) => {
    const { code, stdout, stderr } = await ops(...options, '--json');
    expect([code, stderr]).toEqual([0, '']);
    return JSON.parse(stdout);
  };

  it('make registration read-only: every change is refused temporarily, but reads are not', async () => {
    const member = await register(cloud);
    await switchTo(cloud, 'registration', 'read-only');
    const refused = await eventually(async () => {
      const response = await cloud.request('POST', '/v1/members', { phone: newPhone(), name: 'Ana', locale: 'es' });
      return response.status === 503 && response;
    });
    expect(refused.body.type).toBe('/problems/read-only');
    expect(refused.headers.get('retry-after')).toBe('30');
    // The member is unknown, so an instance that still has the old mode changes nothing.
    const unknown = `/v1/members/${memberIdOf(1)}`;
    const changes = [
      () => cloud.request('PATCH', unknown, { name: 'Ana' }, { 'if-match': '"1"' }),
      () => cloud.request('DELETE', unknown),
      () => cloud.request('POST', `${unknown}/redemptions`, { points: 1 }),
    ];
    for (const change of changes) await eventually(async () => (await change()).status === 503);
    const rpc = () => cloud.rpc('DeactivateMember', { id: memberIdOf(1) });
    await eventually(async () => (await rpc()).body.code === 'unavailable');
    expect((await cloud.request('GET', `/v1/members/${member.id}`)).status).toBe(200);
    await switchTo(cloud, 'registration', 'on');
    const change = () => cloud.request('PATCH', `/v1/members/${member.id}`, { name: 'Ana' }, { 'if-match': '"1"' });
    await eventually(async () => (await change()).status === 200);
  });

  it('make SMS short, and the guide English', async () => {
    await switchTo(cloud, 'sms', 'short-text');
    await switchTo(cloud, 'guide', 'english-only');
    await eventually(async () => {
      const phone = newPhone();
      const { id } = await register(cloud, phone);
      const [text] = await eventually(async () => {
        const texts = await cloud.texts(phone);
        return texts.length > 0 && texts;
      });
      const guide = await eventually(async () => {
        const response = await cloud.request('GET', `/v1/members/${id}/guide`);
        return response.status === 200 && response;
      });
      return text?.text === '¡Hola!' && guide.body.locale === 'en';
    });
  });

  it('are changed, also several at once, with a reason and a duration, and are listed with their history', async () => {
    await opsJson('switch', 'profile', 'normal', '--why', 'start');
    const [paused] = await opsJson(
      'switch',
      'set',
      'sms',
      'pause',
      '--why',
      'it bills twice',
      '--for',
      '2h',
      '--by',
      'Ada',
    );
    expect(Date.parse(paused.until) - Date.parse(paused.at)).toBe(2 * 3_600_000);
    const listed = await opsJson('switch', 'list');
    expect(listed).toHaveLength(4);
    expect(listed).toContainEqual(
      expect.objectContaining({ capability: 'sms', mode: 'pause', by: 'Ada', why: 'it bills twice' }),
    );
    await opsJson('switch', 'profile', 'incident', '--why', 'points are wrong');
    const modes = Object.fromEntries((await opsJson('switch', 'list')).map((one: any) => [one.capability, one.mode]));
    expect(modes).toEqual({ registration: 'read-only', sms: 'pause', points: 'pause', guide: 'pause' });
    const history = await opsJson('switch', 'history', '--limit', '5');
    expect(history).toHaveLength(5);
    expect(history.at(-1)).toMatchObject({ capability: 'sms', by: 'Ada' });
    await opsJson('switch', 'profile', 'normal', '--why', 'over');
  });

  it('refuse unknown names, and list the known ones', async () => {
    const wrong = await ops('switch', 'set', 'guide', 'short-text', '--why', 'x');
    expect([wrong.code, wrong.stderr.trim()]).toEqual([
      1,
      'guide cannot be switched to "short-text", only to: on, pause, skip, english-only.',
    ]);
    expect((await ops('switch', 'set', 'sms', 'pause')).stderr).toContain("required option '--why <reason>'");
    expect((await ops('switch', 'set', 'mail', 'pause', '--why', 'x')).stderr).toContain(
      'guide, points, registration, sms',
    );
    expect((await ops('switch', 'set', 'sms', 'pause', '--why', 'x', '--for', 'ever')).stderr).toContain(
      'such as 30min',
    );
    const elsewhere = await runScript(
      'packages/cli/src/cli/main.ts',
      'ops',
      '--endpoint',
      'http://127.0.0.1:9',
      'switch',
      'list',
    );
    expect([elsewhere.code, elsewhere.stderr]).toEqual([
      1,
      expect.stringContaining('Is the embedded cloud running (npm start)?'),
    ]);
  });

  it('ops circuit lists circuits with their durations, and ops discover lists instances and registered entries', async () => {
    // An instance writes its count after 32 successful calls. This write simulates one such instance.
    const store = createCircuitStore({
      client: cloud.dynamodb,
      tableName: 'rollcall-dev-circuits',
      random: Math.random,
    });
    const tallies = new Map([[sliceOf(Date.now()), { calls: 32, failures: 0 }]]);
    await store.count('sms-http', { tallies, durations: new Map([[durationBucket(20), 32]]) });
    const [circuit] = await opsJson('circuit', 'list');
    expect(circuit).toMatchObject({ circuit: 'sms-http', state: 'closed', ms: { p50: 23 } });
    expect((await ops('circuit', 'list')).stdout).toMatch(/^circuit +state .*p99\.9 ms/);
    expect((await ops('circuit', 'reset', 'sms-http')).stdout).toBe('sms-http is already closed.\n');
    expect((await ops('circuit', 'reset', 'sms')).stderr).toBe('There is no circuit "sms"; there are: sms-http.\n');

    const { instances } = await opsJson('discover', 'sms-gateway');
    expect(instances.map(({ id }: { id: string }) => id)).toEqual(['gateway-1', 'gateway-2']);
    const { registered: entries } = await opsJson('discover', 'points-commands');
    expect(entries[0].attributes).toMatchObject({ kind: 'queue', format: 'application/json' });
    expect((await ops('discover', 'member-events')).stdout).toContain('rollcall-dev-member-events.fifo');
    const unknown = await ops('discover', 'coupons');
    expect([unknown.code, unknown.stderr]).toEqual([1, expect.stringContaining('coupons is not registered')]);
  });
});

describe('a switch, as read by functions', () => {
  let cloud: TestCloud;
  let at = Date.now();
  beforeAll(async () => {
    cloud = await startTestCloud();
  });
  afterAll(() => cloud.stop());
  const instance = () => {
    const problems: unknown[] = [];
    const switches = createSwitches({
      client: cloud.dynamodb,
      tableName: SWITCHES,
      now: () => new Date(at),
      logger: { warn: (message) => void problems.push(message) },
    });
    return { problems, mode: () => switches.mode('sms') };
  };

  it('changes for every instance within five seconds', async () => {
    const { mode } = instance();
    expect(await mode()).toBe('on');
    await switchTo(cloud, 'sms', 'pause');
    at += 4_000;
    expect(await mode()).toBe('pause');
  });

  it('changes back to on when its time is over', async () => {
    const { mode } = instance();
    await switchTo(cloud, 'sms', 'skip', { until: new Date(at + 1_000).toISOString() });
    expect(await mode()).toBe('skip');
    at += 1_000;
    expect(await mode()).toBe('on');
  });

  it('is not changed by a circuit if an operator has set it', async () => {
    const byCircuit = (mode: Mode) =>
      changeSwitches(
        cloud.dynamodb,
        SWITCHES,
        [
          {
            capability: 'sms',
            mode,
            by: 'circuit sms-http',
            why: 'the circuit opened',
            at: new Date(at).toISOString(),
          },
        ],
        [`circuit-${++ids}`],
        true,
      );
    await switchTo(cloud, 'sms', 'pause');
    expect(await byCircuit('short-text')).toBe(false);
    expect((await readSwitches(cloud.dynamodb, SWITCHES)).get('sms')).toMatchObject({ mode: 'pause', by: 'test' });
    await switchTo(cloud, 'sms', 'on');
    expect([await byCircuit('short-text'), await byCircuit('on')]).toEqual([true, true]);
  });

  it('keeps its last known mode while the table cannot be read; an instance that knows no mode uses on', async () => {
    const { mode, problems } = instance();
    await switchTo(cloud, 'sms', 'pause');
    expect(await mode()).toBe('pause');
    await cloud.dynamodb.send(new DeleteTableCommand({ TableName: SWITCHES }));
    at += 60_000;
    expect(await mode()).toBe('pause');
    expect(problems).toHaveLength(1);
    expect(await instance().mode()).toBe('on');
  });
});

describe('points that cannot be read', () => {
  it('are returned in their last known state, with `asOf`; for a member whose points were never read, the request fails', async () => {
    let down = false;
    const call = (service: string, operation: string) =>
      down && service === 'dynamodb' && operation === 'Query' ? ({ kind: 'refused' } as const) : undefined;
    const cloud = await cloudOf({ faults: { ...noFaults, call }, instanceLimit: 1 });
    const [known, other] = [await register(cloud), await register(cloud)];
    const path = (id: string) => `/v1/members/${id}/points`;
    for (const { id } of [known, other]) {
      await eventually(async () =>
        (await cloud.dynamodb.send(new ScanCommand({ TableName: 'rollcall-dev-points' }))).Items?.some(
          ({ pk, sk }) => pk === id && sk === 'account',
        ),
      );
    }
    const fresh = await cloud.request('GET', path(known.id));
    expect(fresh.body).not.toHaveProperty('asOf');
    down = true;
    const stale = await cloud.request('GET', path(known.id));
    expect([stale.status, Number(stale.headers.get('age'))]).toEqual([200, expect.any(Number)]);
    const { asOf, ...rest } = stale.body;
    expect(rest).toEqual(fresh.body);
    expect(Date.parse(asOf)).toBeLessThanOrEqual(Date.now());
    expect((await cloud.request('GET', path(other.id))).status).toBeGreaterThanOrEqual(500);
    down = false;
    expect((await cloud.request('GET', path(other.id))).status).toBe(200);
  });
});
