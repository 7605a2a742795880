import { Agent, request as httpRequest } from 'node:http';
import { ScanCommand } from '@aws-sdk/lib-dynamodb';
import { createTokenBuckets } from '@rollcall/kit/internal/resilience/token-bucket';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { callerOf } from '../../functions/registration/caller.ts';
import { createSmsLimits, type SmsLimits } from '../../functions/sms/limits.ts';
import { createOptOuts } from '../../functions/sms/opt-outs.ts';
import { createPace, type Pace } from '../../functions/sms/pace.ts';
import { countryOf } from '../../shared/contracts/phone.ts';
import { changedAssembly } from '../support/assembly.ts';
import { cloudOf, eventually, newPhone, smsEnvironment, startTestCloud, type TestCloud } from '../support/cloud.ts';
import { runScript } from '../support/run.ts';

interface ApiResponse {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  body: { type?: string };
}

/** Registers a person from an address of this machine. */
function registerFrom(agent: Agent, localAddress: string, apiUrl: string, phone = newPhone()): Promise<ApiResponse> {
  const { promise, resolve, reject } = Promise.withResolvers<ApiResponse>();
  const headers = { 'content-type': 'application/json' };
  httpRequest(`${apiUrl}/v1/members`, { method: 'POST', agent, localAddress, headers }, async (response) => {
    let text = '';
    for await (const chunk of response) text += chunk;
    resolve({ status: response.statusCode ?? 0, headers: response.headers, body: JSON.parse(text) });
  })
    .on('error', reject)
    .end(JSON.stringify({ phone, name: 'Ana', locale: 'es' }));
  return promise;
}

describe('registrations', () => {
  it('of one address are limited across all instances, without affecting other addresses', async () => {
    const burst = 20;
    const perMinute = 6;
    const limits = { caller: { burst, perMinute }, phone: { burst: 10, perMinute: 10 } };
    const cloud = await cloudOf({ environment: { LIMITS: JSON.stringify(limits) } });
    const agent = new Agent({ keepAlive: true, maxSockets: 1_000 });
    onTestFinished(() => agent.destroy());
    const started = Date.now();
    const [flood, others] = await Promise.all([
      Promise.all(Array.from({ length: 150 }, () => registerFrom(agent, '127.0.0.1', cloud.apiUrl))),
      Promise.all(Array.from({ length: 5 }, () => registerFrom(agent, '127.0.0.2', cloud.apiUrl))),
    ]);
    const refilled = ((Date.now() - started) / 60_000) * perMinute;
    const admitted = flood.filter(({ status }) => status === 201).length;
    expect(admitted).toBeGreaterThanOrEqual(burst * 0.95);
    expect(admitted).toBeLessThanOrEqual((burst + refilled) * 1.05);
    expect(others.map(({ status }) => status)).toEqual(Array(5).fill(201));

    const refused = flood.find(({ status }) => status !== 201);
    expect(refused).toMatchObject({ status: 429, body: { type: '/problems/too-many-requests' } });
    expect(Number(refused?.headers['retry-after'])).toBeGreaterThan(0);
    expect(refused?.headers.ratelimit).toMatch(/^"caller";r=0;t=\d+$/);
    expect(others[0]?.headers['ratelimit-policy']).toBe(`"caller";q=20;w=200`);
  });

  it('of one phone are limited, from any address', async () => {
    const limits = { caller: { burst: 100, perMinute: 60 }, phone: { burst: 2, perMinute: 1 } };
    // This stage does not remember the phones of former members, but a deletion does not reset the limit of the phone.
    const cloud = await cloudOf({ environment: { LIMITS: JSON.stringify(limits), PHONES_REMEMBERED_DAYS: 'null' } });
    const agent = new Agent();
    const phone = newPhone();
    const statuses: number[] = [];
    for (const host of [1, 2, 3, 4])
      statuses.push((await registerFrom(agent, `127.0.0.${host}`, cloud.apiUrl, phone)).status);
    // The first registration of a phone costs no token.
    expect(statuses).toEqual([201, 409, 409, 429]);
    const returningPerson = { phone: newPhone(), name: 'Ana', locale: 'es' };
    const [registerStatuses, leaveStatuses]: number[][] = [[], []];
    for (let time = 0; time < 3; time++) {
      const { status, body } = await cloud.request('POST', '/v1/members', returningPerson);
      registerStatuses?.push(status);
      leaveStatuses?.push((await cloud.request('DELETE', `/v1/members/${body.id}`)).status);
    }
    expect([registerStatuses, leaveStatuses]).toEqual([Array(3).fill(201), Array(3).fill(204)]);
    expect((await cloud.request('POST', '/v1/members', returningPerson)).status).toBe(429);
    expect((await cloud.rpc('Register', returningPerson)).body.code).toBe('resource_exhausted');
    const rpc = await cloud.rpc('Register', { phone, name: 'Ana', locale: 'es' });
    expect([rpc.status, rpc.body.code]).toEqual([429, 'resource_exhausted']);
  });

  it('are throttled by the API for all callers together, before any function runs', async () => {
    const cloud = await cloudOf({ assembly: await throttled(5) });
    const responses = await Promise.all(
      Array.from({ length: 40 }, () =>
        cloud.request('POST', '/v1/members', { phone: newPhone(), name: 'Ana', locale: 'es' }),
      ),
    );
    const refused = responses.filter(({ status }) => status === 429);
    expect(refused.length).toBeGreaterThan(20);
    expect(refused[0]?.body).toEqual({ message: 'Too Many Requests' });
    expect((await cloud.request('GET', '/v1')).status).toBe(200);
  });
});

describe('the caller of a request', () => {
  it.each([
    ['192.0.2.7', '192.0.2.7'],
    ['::ffff:192.0.2.7', '192.0.2.7'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:db8:1:2:ffff::1', '2001:db8:1:2::/64'],
    ['2001:db8:1:3::1', '2001:db8:1:3::/64'],
    ['', 'unknown'],
  ])('with the address %s is identified as %s', (address, caller) => {
    expect(callerOf(address)).toBe(caller);
  });
});

describe('on a table', () => {
  let cloud: TestCloud;
  let at = Date.UTC(2026, 10, 21, 10, 0, 30);
  const now = () => new Date(at);
  beforeAll(async () => {
    cloud = await startTestCloud();
  });
  afterAll(() => cloud.stop());
  const tableName = 'rollcall-dev-sms-limits';

  describe('a token bucket', () => {
    it('allows its burst at once and then its rate, across all instances', async () => {
      const instances = [0, 1, 2].map(() => createTokenBuckets({ client: cloud.dynamodb, tableName, now }));
      const rate = { burst: 5, perMinute: 60 };
      const take = async (times: number) => {
        const taken = await Promise.all(
          Array.from({ length: times }, (_, index) => instances[index % 3]?.take('bucket', rate)),
        );
        return taken.filter((one) => one?.allowed).length;
      };
      expect(await take(20)).toBe(5);
      at += 999;
      expect(await take(6)).toBe(0);
      at += 1;
      expect(await take(6)).toBe(1);
      at += 60_000;
      expect(await take(20)).toBe(5);
    });

    it('reports how many tokens are left, and when the next is available', async () => {
      const { take } = createTokenBuckets({ client: cloud.dynamodb, tableName, now });
      const rate = { burst: 2, perMinute: 6 };
      expect(await take('reported', rate)).toEqual({ allowed: true, waitMs: 0, remaining: 1, fullInMs: 10_000 });
      expect(await take('reported', rate)).toEqual({ allowed: true, waitMs: 0, remaining: 0, fullInMs: 20_000 });
      expect(await take('reported', rate)).toEqual({ allowed: false, waitMs: 10_000, remaining: 0, fullInMs: 20_000 });
    });

    it('is not accessed again by an instance that found it empty, until a token may be available', async () => {
      let writes = 0;
      const send = (command: never) => {
        writes++;
        return cloud.dynamodb.send(command);
      };
      const buckets = createTokenBuckets({ client: { send } as never, tableName, now });
      const { take } = buckets;
      const rate = { burst: 1, perMinute: 60 };
      for (let time = 0; time < 10; time++) await take('cached', rate);
      const whileEmpty = writes;
      for (let time = 0; time < 10; time++) await take('cached', rate);
      expect(writes).toBe(whileEmpty);
      // `knownRefusal` returns the refusal that the instance remembers, without a write.
      const { knownRefusal } = buckets;
      expect([knownRefusal('cached', rate)?.allowed, knownRefusal('other', rate)]).toEqual([false, undefined]);
      at += 1_000;
      expect((await take('cached', rate)).allowed).toBe(true);
    });

    it('gives future tokens to callers that wait', async () => {
      const { take } = createTokenBuckets({ client: cloud.dynamodb, tableName, now });
      const rate = { burst: 1, perMinute: 60 };
      const taken = [];
      for (let time = 0; time < 4; time++) taken.push(await take('patient', rate, 2_000));
      expect(taken.map(({ allowed, waitMs }) => [allowed, waitMs])).toEqual([
        [true, 0],
        [true, 1_000],
        [true, 2_000],
        [false, 3_000],
      ]);
    });
  });

  describe('the pace of SMS', () => {
    it('applies across all instances, with one write for calls that wait at the same moment', async () => {
      let writes = 0;
      const send = (command: never) => {
        writes++;
        return cloud.dynamodb.send(command);
      };
      const instances = [0, 1].map(() =>
        createPace({
          buckets: createTokenBuckets({ client: { send } as never, tableName, now }),
          perMinute: 600,
          now,
        }),
      );
      const waitsOf = async (instance: number, texts: number) => {
        const turns = Array.from({ length: texts }, () => (instances[instance] as Pace)('paced', 1_000));
        return (await Promise.allSettled(turns)).map((turn) =>
          turn.status === 'fulfilled' ? turn.value : String(turn.reason.retryAfterMs),
        );
      };
      expect(await waitsOf(0, 6)).toEqual(Array(6).fill(0));
      expect(writes).toBe(1);
      expect(await waitsOf(1, 8)).toEqual([0, 0, 0, 0, 100, 200, 300, 400]);
      expect(await waitsOf(0, 8)).toEqual([500, 600, 700, 800, 900, 1_000, '1100', '1100']);
      at += 2_000;
      expect((await Promise.all([waitsOf(0, 10), waitsOf(1, 10)])).flat().toSorted()).toEqual(
        [...Array(10).fill(0), 100, 200, 300, 400, 500, 600, 700, 800, 900, 1_000].toSorted(),
      );
    });

    it('reserves slots in advance at a rate of more than 1,000 SMS a second, and does not use expired slots', async () => {
      let calls = 0;
      const takeMany = async (_: string, __: object, most: number) => {
        calls++;
        return { waits: Array.from({ length: most }, (_, index) => Math.floor(index / 100)), nextMs: 1 } as never;
      };
      const pace = createPace({ buckets: { takeMany }, perMinute: 6_000_000, now });
      const batch = () => Promise.all(Array.from({ length: 10 }, () => pace('fast', 1_000)));
      for (let time = 0; time < 10; time++) await batch();
      expect(calls).toBe(1);
      await batch();
      expect(calls).toBe(2);
      at += 1_001;
      await batch();
      expect(calls).toBe(3);
    });
  });

  describe('limits of SMS', () => {
    const counted: Record<string, number> = {};
    let attempts = 0;
    const limits = (settings: object, client: Pick<TestCloud['dynamodb'], 'send'> = cloud.dynamodb) =>
      createSmsLimits({
        pseudonym: async (phone) => phone,
        client: client as TestCloud['dynamodb'],
        tableName,
        settings: {
          countries: 'all',
          perPhoneAndHour: 100,
          perCountryAndMinute: 100,
          perDay: 100_000,
          ...settings,
        } as Parameters<typeof createSmsLimits>[0]['settings'],
        now,
        newId: () => `attempt-${++attempts}`,
        count: (values) => {
          for (const [name, value] of Object.entries(values)) counted[name] = (counted[name] ?? 0) + value;
        },
      });
    /** Checks an SMS against the limits. @returns `sent`, or the error message */
    const resultOf = (
      { check }: SmsLimits,
      to: string,
      idempotencyKey: string,
      requestedAt = now(),
      released = false,
    ) =>
      check({ to, country: countryOf(to), idempotencyKey, requestedAt, released }).then(
        () => 'sent',
        (error: Error) => error.message,
      );

    it('allow a number of SMS per phone and hour, and recognize a repeated message', async () => {
      const limited = limits({ perPhoneAndHour: 2 });
      const outcome = (id: string) => resultOf(limited, '+34600000001', id);
      expect([
        await outcome('a'),
        await outcome('b'),
        await outcome('a'),
        await outcome('b'),
        await outcome('c'),
      ]).toEqual([
        'sent',
        'sent',
        'sent',
        'sent',
        'this phone already received 2 SMS in this hour (setting sms.perPhoneAndHour)',
      ]);
      at += 3_600_000;
      expect(await outcome('c')).toBe('sent');
    });

    it('allow a number of SMS per country and minute, independent of other countries', async () => {
      const limited = limits({ perCountryAndMinute: 1 });
      expect(await resultOf(limited, '+447400123457', 'a')).toBe('sent');
      expect(await resultOf(limited, '+447400123457', 'a')).toBe('sent');
      expect(await resultOf(limited, '+447400123456', 'b')).toBe(
        'United Kingdom already received 1 SMS in this minute (setting sms.perCountryAndMinute)',
      );
      expect(await resultOf(limited, '+33612345678', 'c')).toBe('sent');
      // A held message has not passed the limit, so it is refused again.
      expect(await resultOf(limited, '+447400123456', 'b')).toMatch(/^United Kingdom already received 1 SMS/);
      at += 60_000;
      expect(await resultOf(limited, '+447400123456', 'b2')).toBe('sent');
    });

    it('count an SMS once, for the time of its request, even if it is sent late', async () => {
      const limited = limits({ perCountryAndMinute: 2 });
      const requestedAt = now();
      for (let hour = 0; hour < 5; hour++) {
        expect(await resultOf(limited, '+33612345001', 'late', requestedAt)).toBe('sent');
        at += 3_600_000;
      }
      expect(await resultOf(limited, '+33612345002', 'later', requestedAt)).toBe('sent');
      expect(await resultOf(limited, '+33612345003', 'latest', requestedAt)).toMatch(/^France already received 2 SMS/);
      expect(await resultOf(limited, '+33612345003', 'now')).toBe('sent');
    });

    it('never exceed the daily budget, and report when it is nearly spent', async () => {
      at = Date.UTC(2026, 11, 24, 10);
      const limited = limits({ perDay: 5 });
      const before = counted.TextBudgetNearlySpent ?? 0;
      const outcomes = [];
      for (let text = 0; text < 6; text++) outcomes.push(await resultOf(limited, `+3460000010${text}`, `day-${text}`));
      expect(outcomes).toEqual([...Array(5).fill('sent'), 'the daily budget of 5 SMS is used up (setting sms.perDay)']);
      expect(counted.TextBudgetNearlySpent).toBe(before + 1);
      at += 24 * 3_600_000;
      expect(await resultOf(limited, '+34600000109', 'day-9')).toBe('sent');
    });

    it('keep a flooded country from using up the daily budget of other countries', async () => {
      at = Date.UTC(2026, 11, 26, 10);
      const limited = limits({ perCountryAndMinute: 1, perDay: 2 });
      const outcomes = [];
      for (let text = 0; text < 5; text++)
        outcomes.push(await resultOf(limited, `+4474001234${text}0`, `flood-${text}`));
      expect(outcomes.filter((one) => one === 'sent')).toHaveLength(1);
      expect(await resultOf(limited, '+34600000201', 'other')).toBe('sent');
      expect(await resultOf(limited, '+33612345201', 'third')).toMatch(/^the daily budget of 2 SMS is used up/);
    });

    it('do not count an SMS over the limit of its country towards the daily budget, even if several are requested at once', async () => {
      at = Date.UTC(2026, 11, 27, 10);
      const limited = limits({ perCountryAndMinute: 2, perDay: 5 });
      const flood = await Promise.all(
        Array.from({ length: 10 }, (_, text) => resultOf(limited, `+4474001235${text}0`, `at-once-${text}`)),
      );
      expect(flood.filter((one) => one === 'sent')).toHaveLength(2);
      const others = [];
      for (const [index, to] of ['+34600000401', '+33612345401', '+4915112345401'].entries())
        others.push(await resultOf(limited, to, `other-${index}`));
      expect(others).toEqual(['sent', 'sent', 'sent']);
      expect(await resultOf(limited, '+351912345401', 'sixth')).toMatch(/^the daily budget of 5 SMS is used up/);
    });

    it('apply across all instances under concurrent requests', async () => {
      at = Date.UTC(2026, 11, 29, 10);
      const instances = Array.from({ length: 4 }, () => limits({ perCountryAndMinute: 30, perDay: 7 }));
      const outcomes = await Promise.all(
        Array.from({ length: 40 }, (_, text) =>
          resultOf(instances[text % 4] as SmsLimits, `+346000006${10 + text}`, `all-${text}`),
        ),
      );
      expect(outcomes.filter((one) => one === 'sent')).toHaveLength(7);
    });

    it('count a message once for country and day, even if it is redelivered, on any instance', async () => {
      at = Date.UTC(2026, 11, 28, 10);
      const instances = [0, 1].map(() => limits({ perCountryAndMinute: 3, perDay: 3, perPhoneAndHour: 1 }));
      const outcomesOf = (to: string, id: string) => instances.map((one) => resultOf(one, to, id));
      for (let time = 0; time < 3; time++) {
        for (const one of outcomesOf('+34600000501', 'again')) expect(await one).toBe('sent');
      }
      // A message over the limit of its phone is not counted for other limits.
      expect((await Promise.all(outcomesOf('+34600000501', 'more'))).join()).toMatch(
        /^this phone already received 1 .*,this phone already received 1 /,
      );
      const outcomes = [];
      for (let text = 2; text < 5; text++)
        outcomes.push(await resultOf(instances[text % 2] as SmsLimits, `+3460000050${text}`, `${text}`));
      expect(outcomes.slice(0, 2)).toEqual(['sent', 'sent']);
      expect(outcomes[2]).toMatch(/^Spain already received 3 SMS/);
      expect(await Promise.all(outcomesOf('+34600000501', 'again'))).toEqual(['sent', 'sent']);
    });

    it.each([
      ['dev', 1.1, { perCountryAndMinute: 100_000, perDay: 1_000_000 }],
      ['a small stage', 1.5, { perCountryAndMinute: 700, perDay: 20_000 }],
    ])(
      'of %s need one read and little more than one write per SMS, even if each SMS is sent alone',
      async (_, most, settings) => {
        at += 24 * 3_600_000;
        const sent: Record<string, number> = {};
        const send = (command: { constructor: { name: string }; input: { Key: { pk: string } } }) => {
          const what = `${command.constructor.name} ${command.input.Key.pk.split('#')[0]}`;
          sent[what] = (sent[what] ?? 0) + 1;
          return cloud.dynamodb.send(command as never);
        };
        const instances = Array.from({ length: 5 }, () => limits(settings, { send } as never));
        const texts = 600;
        for (let text = 0; text < texts; text++) {
          const outcome = await resultOf(instances[text % 5] as SmsLimits, `+34601${100_000 + text}`, `cost-${text}`);
          expect(outcome).toBe('sent');
        }
        at += 24 * 3_600_000;
        const { 'GetCommand opted-out': reads, ...writes } = sent;
        expect([reads, writes['UpdateCommand phone']]).toEqual([texts, texts]);
        expect(Object.values(writes).reduce((sum, count) => sum + count, 0) / texts).toBeLessThan(most);
      },
    );

    it('do not override an opt-out: the phone gets no SMS, not even a released one, until it opts in', async () => {
      const limited = limits({});
      const optOuts = createOptOuts({ client: cloud.dynamodb, tableName, pseudonym: async (phone) => phone });
      const phone = '+34600000301';
      const [before, after] = [now(), new Date(at + 1_000)];
      await optOuts.add(phone, after, 'test');
      expect(await resultOf(limited, phone, 'out')).toBe('this phone has opted out of SMS');
      expect(await resultOf(limited, phone, 'out', now(), true)).toBe('this phone has opted out of SMS');
      expect(await resultOf(limited, '+34600000302', 'other')).toBe('sent');
      // This report of an opt-in arrives late: it is older than the opt-out, so it has no effect.
      await optOuts.remove(phone, before);
      expect(await resultOf(limited, phone, 'out')).toBe('this phone has opted out of SMS');
      await optOuts.remove(phone, after);
      await optOuts.remove(phone, after);
      expect(await resultOf(limited, phone, 'out')).toBe('sent');
    });

    it('do not apply to an SMS that an operator released, and do not count it', async () => {
      const limited = limits({ countries: ['ES'], perPhoneAndHour: 1 });
      expect(await resultOf(limited, '+33612345301', 'abroad', now(), true)).toBe('sent');
      expect(await resultOf(limited, '+34600000303', 'a', now(), true)).toBe('sent');
      expect(await resultOf(limited, '+34600000303', 'b')).toBe('sent');
    });

    it('name the allowed countries', async () => {
      const limited = limits({ countries: ['ES', 'PT'] });
      expect(await resultOf(limited, '+351912345678', 'p')).toBe('sent');
      expect(await resultOf(limited, '+4915112345678', 'd')).toBe(
        'SMS to Germany are not allowed; allowed countries: Spain, Portugal (setting sms.countries)',
      );
      expect(await resultOf(limited, '+881612345678', 's')).toMatch(
        /^SMS to a number without a country are not allowed/,
      );
    });
  });
});

describe('an SMS to a country that is not allowed', () => {
  it('reaches no provider, is visible, and is sent when an operator releases it', async () => {
    const cloud = await cloudOf({ environment: smsEnvironment({ countries: ['ES'], receipts: false }) });
    const phone = '+4915112345678';
    await cloud.request('POST', '/v1/members', { phone, name: 'Eva', locale: 'en' });
    const held = await eventually(async () => {
      const { Items = [] } = await cloud.dynamodb.send(
        new ScanCommand({ TableName: 'rollcall-dev-sms', IndexName: 'parked' }),
      );
      return Items[0];
    });
    expect(held).toMatchObject({
      reason: 'held',
      error: 'HeldError: SMS to Germany are not allowed; allowed countries: Spain (setting sms.countries)',
    });
    expect(await cloud.requestsByProvider()).toEqual({});
    const ops = (...options: string[]) =>
      runScript('packages/cli/src/cli/main.ts', 'ops', '--endpoint', cloud.endpointUrl, ...options);
    expect((await ops('limits')).stdout).toContain('1 SMS are held.');
    expect(JSON.parse((await ops('parked', 'list', '--reason', 'held', '--json')).stdout)).toHaveLength(1);
    const { id } = held.parkedAggregate ? { id: held.parkedAggregate } : { id: '' };
    await cloud.request('PATCH', `/v1/members/${id}`, { name: 'Eva' }, { 'if-match': '"1"' });
    await eventually(async () => (await cloud.items('sms', id)).some(({ reason }) => reason === 'gap'));
    // A retry of the successor does not release the held message.
    expect((await ops('parked', 'redrive', 'sms', '--all')).stdout).toContain('0 applied');
    expect(await cloud.requestsByProvider()).toEqual({});
    expect((await ops('parked', 'redrive', 'sms', '--all', '--reason', 'held')).code).toBe(0);
    expect(await cloud.texts(phone)).toHaveLength(1);
    // No receipt was requested, so the gateway has no callback address.
    await expect(cloud.replyFrom(phone, 'STOP')).rejects.toThrow('http has no callback address');
  });
});

/** The dev templates, with registrations throttled to this rate. */
function throttled(perSecond: number): Promise<string> {
  return changedAssembly(['registration'], ({ Type, Properties }) => {
    if (Type !== 'AWS::ApiGatewayV2::Stage') return;
    Properties.RouteSettings['POST /v1/members'] = {
      ThrottlingRateLimit: perSecond,
      ThrottlingBurstLimit: perSecond,
    };
  });
}
