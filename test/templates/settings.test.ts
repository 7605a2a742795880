import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App } from 'aws-cdk-lib';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { addStacks } from '../../infra/stage-stacks.ts';
import { type Settings, stageNamed } from '../../infra/stages.ts';
import { dangersOf, type Templates } from '../../ops/deploy/changes.ts';
import { root } from '../support/run.ts';

const code = vi.hoisted(() => ({ folder: '' }));
// The code of functions does not matter here, and bundling takes longer than all other steps.
vi.mock('@rollcall/cdk/internal/bundles', () => ({ bundleOf: () => code.folder, consumersIn: () => [] }));

const { context: flags } = JSON.parse(readFileSync(join(root, 'cdk.json'), 'utf8'));
// The synthesis that all tests share already validates the templates.
const context = { ...flags, '@aws-cdk/core:validateAgainstDefaultRules': false };
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'rollcall-settings-'));
  code.folder = join(folder, 'code');
  mkdirSync(code.folder);
  writeFileSync(join(code.folder, 'index.mjs'), '');
});
afterAll(() => rmSync(folder, { recursive: true }));

type StageName = 'dev' | 'prod';

/** The templates that were already synthesized. */
const synthesized = new Map<string, Templates>();

function templatesOf(stage: StageName, change: Partial<Settings> = {}): Templates {
  const key = JSON.stringify([stage, change]);
  const templates = synthesized.get(key) ?? synthesize(stage, change);
  synthesized.set(key, templates);
  return templates;
}

function synthesize(stage: StageName, change: Partial<Settings>): Templates {
  const app = new App({ context, outdir: mkdtempSync(join(folder, 'out-')) });
  addStacks(app, { ...stageNamed(stage), ...change });
  return Object.fromEntries(app.synth().stacks.map(({ stackName, template }) => [stackName, template]));
}

/**
 * The values to which each setting is changed. In a stage that already has such a value, the setting stays unchanged.
 * This file does not compile if a setting is missing here.
 */
const changes: { [Name in keyof Settings]-?: (now: Settings[Name]) => Array<Settings[Name]> } = {
  keepData: (now) => [!now],
  pointInTimeRecovery: (now) => [!now],
  logRetentionDays: () => [365],
  eventArchiveDays: () => [null, 60],
  subscriberConcurrency: () => [{ default: 7, sms: 9, points: 9, guide: 9, 'registration-replies': 9 }],
  warmThroughput: () => [{ members: { reads: 12_000, writes: 40_000 } }],
  reservedConcurrency: () => [{ 'registration-register': 200 }],
  trafficShifting: (now) => [
    now === null ? 'LambdaCanary10Percent5Minutes' : null,
    'LambdaLinear10PercentEvery1Minute',
  ],
  throttling: () => [{ perSecond: 9, burst: 9, registrationsPerSecond: 9, waitsPerSecond: 9 }],
  registrations: (now) => [{ ...now, phoneTypes: ['MOBILE'], phone: { burst: 1, perMinute: 1 } }],
  tokens: () => [{ audience: 'another', scopes: { read: 'read', write: 'write' } }],
  cors: () => [{ origins: ['https://www.example.com'] }],
  verifySenders: (now) => [!now],
  customerManagedKey: (now) => [now === 'retiring' ? true : now && 'retiring', true],
  // The change to `outputs` needs two deployments, which a test below checks.
  directory: () => ['templates'],
  basePath: (now) => [now === null ? '/{api}' : null],
  // Turning monitoring off needs two deployments, which a test below checks.
  monitoring: () => [true],
  runbook: () => ['https://www.example.com/runbook'],
  tracing: () => [
    { to: 'cloudwatch', layer: null, ratio: 1 },
    { to: 'http://localhost:4318', layer: 'arn:aws:lambda:us-east-1:111122223333:layer:collector:1', ratio: 0.1 },
  ],
  sms: (now) => [
    { ...now, timeoutMs: 900, atOnce: 11, perMinute: 7, countries: ['DE'], perPhoneAndHour: 1, receipts: false },
    { ...now, providers: [...now.providers].reverse(), modeWhenCircuitOpens: 'short-text', countries: 'all' },
    { ...now, perCountryAndMinute: 1, perDay: 1, modeWhenCircuitOpens: null, perMinute: null },
  ],
  registrationBonus: () => [{ points: 1, oncePerPhone: false }],
  phonesRememberedDays: () => [null, 1],
  apiAlarms: () => [{ errorPercent: 50, p99Ms: 1 }],
  alarmByEmail: (now) => [!now],
};

const names = Object.keys(changes) as Array<keyof Settings>;
/**
 * The nth change of each setting that has an nth change, all at once. No change hides a danger of another change, so
 * one comparison checks all of them.
 */
const round = (settings: Settings, n: number): Partial<Settings> =>
  Object.fromEntries(
    names.flatMap((name) => {
      const values = (changes[name] as (now: unknown) => unknown[])(settings[name]);
      return n < values.length ? [[name, values[n]]] : [];
    }),
  );

describe.each(['dev', 'prod'] as const)('a setting of %s', (stage) => {
  let now: Templates;
  beforeAll(() => {
    now = templatesOf(stage);
  });

  it.each([0, 1, 2])(
    'can be changed without loss: no data replaced or deleted, no name conflict, no export in use (%s)',
    (n) => {
      const then = templatesOf(stage, round(stageNamed(stage), n));
      expect(then).not.toEqual(now);
      expect(dangersOf(now, then)).toEqual([]);
    },
  );
});

describe('the directory', () => {
  it('is removed from the templates in two deployments: first the entries that import an export, then the export', () => {
    const [there, gone] = [templatesOf('prod'), templatesOf('prod', { directory: 'outputs' })];
    expect([...new Set(dangersOf(there, gone).map(({ danger }) => danger))]).toEqual(['export is in use']);
    const importers = Object.fromEntries(Object.entries(gone).filter(([stack]) => !stack.endsWith('-foundation')));
    const first = { ...there, ...importers };
    expect(dangersOf(there, first)).toEqual([]);
    expect(dangersOf(first, gone)).toEqual([]);
    expect(dangersOf(gone, there)).toEqual([]);
  });
});

describe('monitoring', () => {
  it('is turned off in two deployments: first the alarms that import exports, then the exports', () => {
    const [on, off] = [templatesOf('prod'), templatesOf('prod', { monitoring: false, trafficShifting: null })];
    expect([...new Set(dangersOf(on, off).map(({ danger }) => danger))]).toEqual(['export is in use']);
    const importers = Object.fromEntries(
      Object.entries(off).filter(([stack]) => !/-(operations|foundation)$/.test(stack)),
    );
    const first = { ...on, ...importers };
    delete first['rollcall-prod-monitoring'];
    expect(dangersOf(first, off)).toEqual([]);
    expect(dangersOf(off, on)).toEqual([]);
  });
});

describe("a stage's own key", () => {
  const withKey = () => templatesOf('dev', { customerManagedKey: true });
  const retiring = () => templatesOf('dev', { customerManagedKey: 'retiring' });
  const withoutKey = () => templatesOf('dev');

  it('is removed in two deployments, and added in one', () => {
    expect(dangersOf(withoutKey(), withKey())).toEqual([]);
    expect(dangersOf(withKey(), retiring())).toEqual([]);
    expect(JSON.stringify(retiring())).not.toContain('KmsMasterKeyId');
    expect(dangersOf(retiring(), withoutKey())).toEqual([]);
    expect(dangersOf(retiring(), withKey())).toEqual([]);
  });

  it('is reported with the stacks that import it, if it is removed in one deployment', () => {
    const dangers = dangersOf(withKey(), withoutKey());
    expect(dangers.map(({ type, danger }) => `${type}: ${danger}`).toSorted()).toEqual([
      'AWS::KMS::Key: data would be deleted',
      'export: export is in use',
    ]);
    expect(dangers.find(({ type }) => type === 'export')?.what).toMatch(
      /^The export rollcall-dev-operations:\S+ of rollcall-dev-operations would be removed, but .*rollcall-dev-sms.* import it\./,
    );
  });
});

describe('a removed SMS provider', () => {
  it('deletes its credentials if the stage does not keep data, and retains them otherwise', () => {
    const [dev, prod] = [stageNamed('dev').sms, stageNamed('prod').sms];
    expect(dangersOf(templatesOf('dev'), templatesOf('dev', { sms: { ...dev, providers: ['http'] } }))).toMatchObject([
      {
        type: 'AWS::SecretsManager::Secret',
        danger: 'data would be deleted',
        what: expect.stringContaining('-twilio '),
      },
    ]);
    expect(dangersOf(templatesOf('prod'), templatesOf('prod', { sms: { ...prod, providers: ['aws'] } }))).toEqual([]);
  });

  it('also deletes unread SMS events if the provider is AWS', () => {
    const { sms } = stageNamed('prod');
    const dangers = dangersOf(templatesOf('prod'), templatesOf('prod', { sms: { ...sms, providers: ['twilio'] } }));
    expect(dangers.map(({ type, danger }) => `${type}: ${danger}`)).toEqual([
      'AWS::SNS::Topic: data would be deleted',
      'AWS::SQS::Queue: data would be deleted',
      'AWS::SQS::Queue: data would be deleted',
    ]);
  });
});

describe('a setting that names resources', () => {
  it('applies to these resources, and refuses an unknown name with a list of the existing names', () => {
    const templates = templatesOf('dev', {
      warmThroughput: { members: { reads: 12_000, writes: 40_000 } },
      reservedConcurrency: { 'registration-register': 200 },
    });
    const resources = Object.values(templates['rollcall-dev-registration']?.Resources ?? {});
    const of = (attribute: string, name: string) =>
      resources.flatMap(({ Properties = {} }) =>
        attribute in Properties ? [[Properties[name], Properties[attribute]]] : [],
      );
    expect(of('WarmThroughput', 'TableName')).toEqual([
      ['rollcall-dev-members', { ReadUnitsPerSecond: 12_000, WriteUnitsPerSecond: 40_000 }],
    ]);
    expect(of('ReservedConcurrentExecutions', 'FunctionName')).toEqual([['rollcall-dev-registration-register', 200]]);
    expect(() => synthesize('dev', { warmThroughput: { member: { reads: 12_000, writes: 4_000 } } })).toThrow(
      /warmThroughput of stage "dev" refers to unknown tables: member. There are: .*members, /,
    );
    expect(() => synthesize('dev', { reservedConcurrency: { register: 2 } })).toThrow(
      'refers to unknown functions: register.',
    );
    expect(() => synthesize('dev', { reservedConcurrency: { 'points-consume': 4 } })).toThrow(
      'reservedConcurrency of points-consume is 4, less than its subscriberConcurrency of 5',
    );
  });
});
