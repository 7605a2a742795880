import type { CloudWatchClient, GetMetricDataCommand } from '@aws-sdk/client-cloudwatch';
import type { Metered, MeteredCalls } from '@rollcall/local/internal/metering/meter';
import { describe, expect, it } from 'vitest';
import { stageNamed } from '../../infra/stages.ts';
import { accountCost, sumsByCloudWatch } from '../../ops/cost/account.ts';
import { billOf } from '../../ops/cost/bill.ts';
import { ceilingsOf, limitsOf, usdPerMonth } from '../../ops/cost/capacity.ts';
import type { Deployed } from '../../ops/cost/deployed.ts';
import { durationOf } from '../../ops/cost/durations.ts';
import { committedFigures } from '../../ops/cost/figures.ts';
import { idleOf } from '../../ops/cost/idle.ts';

const deployed: Deployed = {
  functions: {
    'rollcall-dev-registration-register': { memoryMb: 512, platformLogBytes: 400 },
    'rollcall-dev-sms-sweep': { memoryMb: 512, platformLogBytes: 400 },
  },
  tables: ['rollcall-dev-members'],
  queues: ['rollcall-dev-sms.fifo'],
  subscriptions: { 'rollcall-dev-member-events.fifo': 3 },
  sweeps: ['rollcall-dev-sms-sweep'],
  polled: ['rollcall-dev-sms.fifo', 'rollcall-dev-events'],
  alarmMetrics: 2,
  dashboards: 1,
  secrets: 1,
  keys: 1,
};

const call = (more: Partial<MeteredCalls>): MeteredCalls => ({
  caller: 'rollcall-dev-registration-register',
  service: 'dynamodb',
  operation: 'PutItem',
  resource: 'rollcall-dev-members',
  calls: 1,
  messages: 0,
  bytes: 0,
  requests: 1,
  units: {},
  ...more,
});
const nothing = { calls: [], functions: {}, requests: {}, accessLogBytes: 0, hottest: [] };
const metered = (more: Partial<Metered>): Metered => ({ ...nothing, ...more });
const bill = (more: Partial<Metered>, count = 1) =>
  billOf(metered(more), count, deployed, { 'registration-register': { base: 90, perRecord: 10 } });

describe('a bill', () => {
  it('has the list prices of the metered usage', () => {
    const units = { 'rollcall-dev-members': { write: 4, read: 2, computed: 1 } };
    expect(bill({ calls: [call({ units })] })).toMatchObject({
      calls: 1,
      writeUnits: 4,
      computedWriteUnits: 1,
      readUnits: 2,
      usdPerMillion: 4 * 0.625 + 2 * 0.125,
    });
    const published = call({ service: 'sns', resource: 'rollcall-dev-member-events.fifo', messages: 2, bytes: 0 });
    expect(bill({ calls: [published] }).byService.sns).toMatchObject({ published: 2, delivered: 6 });
    expect(bill({ calls: [published] }).usdPerMillion).toBeCloseTo(2 * 0.3 + 6 * 0.01);
    const sent = (resource: string) => call({ service: 'sqs', operation: 'SendMessage', resource, requests: 2 });
    expect(bill({ calls: [sent('a.fifo'), sent('b')] }).byService.sqs.usdPerMillion).toBeCloseTo(2 * 0.5 + 2 * 0.4);
    expect(bill({ requests: { 'POST /v1/members': 3 } }).byService.api.usdPerMillion).toBe(3);
  });

  it('computes durations from figures that were measured without load, and includes the log lines of Lambda', () => {
    const invocations = [{ records: 1, ms: 5_000 }];
    const { lambda, logs } = bill({
      functions: { 'rollcall-dev-registration-register': { invocations, logBytes: 600 } },
      accessLogBytes: 228,
    }).byService;
    expect(lambda).toMatchObject({ invocations: 1, gbSeconds: 0.05 });
    expect(lambda.usdPerMillion).toBeCloseTo(0.2 + 0.05 * 13.3334);
    expect(logs.bytes).toBe(1_228);
  });

  it('is divided by the number of operations', () => {
    expect(bill({ calls: [call({ calls: 10 })] }, 5).calls).toBe(2);
  });

  it('excludes the reads that sweeps make every minute, but not their writes', () => {
    const sweep = (operation: string) => call({ caller: 'rollcall-dev-sms-sweep', operation });
    expect(bill({ calls: [sweep('Scan'), sweep('Query')] }).calls).toBe(0);
    expect(bill({ calls: [sweep('UpdateItem')] }).calls).toBe(1);
  });
});

describe('an idle stage', () => {
  it('pays for five concurrent polls of 20 seconds on each queue that Lambda polls, and for its sweeps each minute', () => {
    const { polling, sweeps, keys } = idleOf(deployed, { ...bill({}), usdPerMillion: 10 });
    expect(polling).toBeCloseTo(0.648 * (0.5 + 0.4));
    expect(sweeps).toBeCloseTo((43_200 * 10) / 1_000_000);
    expect(keys).toBe(1);
  });
});

describe('the duration of a function', () => {
  it('has a fixed part and a part per record', () => {
    const invocations = [1, 1, 10, 10].map((records) => ({ records, ms: 40 + 3 * records }));
    const { base, perRecord } = durationOf(invocations);
    expect([base, perRecord].map(Math.round)).toEqual([40, 3]);
  });

  it('is the median if all invocations have the same number of records', () => {
    const invocations = [5, 6, 400].map((ms) => ({ records: 0, ms }));
    expect(durationOf(invocations)).toEqual({ base: 6, perRecord: 0 });
  });
});

describe('capacity', () => {
  const { perRegistration } = committedFigures;
  const ceilings = (more: Partial<typeof perRegistration>) =>
    new Map(
      ceilingsOf(
        limitsOf({ ...committedFigures, perRegistration: { ...perRegistration, ...more } }, stageNamed('prod')),
      ).map(({ what, registrationsPerSecond }) => [what, registrationsPerSecond]),
    );

  it('is limited by writes to one item, unless there are many such items', () => {
    const hottest = [
      { table: 'sms-limits', kind: 'day', updates: 0.5 },
      { table: 'registration-limits', kind: 'caller', updates: 1 },
    ];
    const found = ceilings({ hottest });
    expect(found.get('writes a second to one item: `day#…` in table `sms-limits`')).toBe(2_000);
    expect([...found.keys()].filter((what) => what.includes('caller'))).toEqual([]);
  });

  it('is limited by the write units of a table', () => {
    const found = ceilings({ tables: { members: 8 } });
    expect(found.get('write units a second of table `members` while the table is new')).toBe(500);
    expect(found.get('write units a second of table `members`')).toBe(5_000);
  });

  it('is limited by settings of the stage', () => {
    expect(ceilings({}).get('registrations a second that the API accepts')).toBe(100);
  });

  it('costs the price of its registrations plus the price of the idle stage', () => {
    const figures = { ...committedFigures, perRegistration: { ...perRegistration, usdPerMillion: 10 } };
    const idle = { polling: 1, sweeps: 1, alarms: 1, dashboards: 1, secrets: 1, keys: 1 };
    expect(usdPerMonth(100, figures, idle)).toBeCloseTo(6 + 2_592);
  });
});

describe('the cost of a stage of an account', () => {
  /** Creates a client that returns two pages, each with one value of every metric. */
  function cloudWatch(sumOf: (metric: string, dimensions: Record<string, string>) => number) {
    const queried: string[] = [];
    const send = async ({ input }: GetMetricDataCommand) => {
      const MetricDataResults = (input.MetricDataQueries ?? []).map(({ Id, MetricStat }) => {
        const { MetricName = '', Dimensions = [] } = MetricStat?.Metric ?? {};
        if (!input.NextToken) queried.push(`${MetricName} ${Dimensions.map(({ Value }) => Value).join(' ')}`);
        return {
          Id,
          Values: [sumOf(MetricName, Object.fromEntries(Dimensions.map(({ Name = '', Value = '' }) => [Name, Value])))],
        };
      });
      return { MetricDataResults, ...(!input.NextToken && { NextToken: 'more' }) };
    };
    return { queried, client: { send } as unknown as CloudWatchClient };
  }

  it('is the cost of its tables, functions, queues, topics, API and logs', async () => {
    const { client, queried } = cloudWatch((metric) => (metric === 'ConsumedWriteCapacityUnits' ? 500_000 : 0));
    const sums = sumsByCloudWatch(client, new Date(0), new Date(1));
    const { usd, rows, usdPerMillionRegistrations } = await accountCost(deployed, 'api-1', sums);
    expect(rows).toEqual([
      {
        service: 'dynamodb',
        resource: 'rollcall-dev-members',
        what: 'ConsumedWriteCapacityUnits',
        count: 1_000_000,
        usd: 0.625,
      },
    ]);
    expect([usd, usdPerMillionRegistrations]).toEqual([0.625, null]);
    expect(queried).toEqual(
      expect.arrayContaining([
        'Duration rollcall-dev-registration-register',
        'IncomingBytes /aws/lambda/rollcall-dev-registration-register',
        'NumberOfEmptyReceives rollcall-dev-sms.fifo',
        'NumberOfMessagesPublished rollcall-dev-member-events.fifo',
        'Count api-1',
      ]),
    );
  });

  it('is divided by the registrations of the same period', async () => {
    const { client } = cloudWatch((metric, { FunctionName }) =>
      metric === 'Invocations' && FunctionName === 'rollcall-dev-registration-register' ? 1_000 : 0,
    );
    const sums = sumsByCloudWatch(client, new Date(0), new Date(1));
    const { registrations, usdPerMillionRegistrations } = await accountCost(deployed, undefined, sums);
    expect(registrations).toBe(2_000);
    expect(usdPerMillionRegistrations).toBeCloseTo(0.2);
  });
});
