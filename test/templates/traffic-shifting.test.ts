import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RollcallApp } from '@rollcall/cdk/internal/app';
import { ServiceFunction } from '@rollcall/cdk/internal/service-function';
import { stageOf, stageSettings } from '@rollcall/cdk/internal/stage';
import { App } from 'aws-cdk-lib';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { addStacks } from '../../infra/stage-stacks.ts';
import { type Settings, stageNamed } from '../../infra/stages.ts';
import { root } from '../support/run.ts';

const code = vi.hoisted(() => ({ folder: '' }));
// The code of functions does not matter here, and bundling takes longer than all other steps.
vi.mock('@rollcall/cdk/internal/bundles', () => ({ bundleOf: () => code.folder, consumersIn: () => [] }));

const { context: flags } = JSON.parse(readFileSync(join(root, 'cdk.json'), 'utf8'));
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'rollcall-shifting-'));
  code.folder = join(folder, 'code');
  mkdirSync(code.folder);
  writeFileSync(join(code.folder, 'index.mjs'), '');
});
afterAll(() => rmSync(folder, { recursive: true }));

// The synthesis that all tests share already validates the templates.
const newApp = (context: object = {}) =>
  new App({
    context: { ...flags, '@aws-cdk/core:validateAgainstDefaultRules': false, ...context },
    outdir: mkdtempSync(join(folder, 'out-')),
  });

interface Resource {
  Type: string;
  Properties: Record<string, any>;
  DependsOn?: string[];
  UpdatePolicy?: any;
}

/** Resources of a stack, by their logical ids. */
type Stack = Record<string, Resource>;

function stacksOf(stage: 'dev' | 'prod', change: Partial<Settings> = {}, context: object = {}): Stack[] {
  const app = newApp(context);
  addStacks(app, { ...stageNamed(stage), ...change });
  return app.synth().stacks.map(({ template }) => template.Resources ?? {});
}

const ofType = (stack: Stack, ...types: string[]) =>
  Object.entries(stack).filter(([, { Type }]) => types.includes(Type));
const isOurs = ({ Properties }: Resource) =>
  Properties.Environment?.Variables?.POWERTOOLS_METRICS_NAMESPACE !== undefined;

/** Returns the logical ID of the function to which an alias refers. */
function functionBehind(stack: Stack, reference: { Ref?: string }): string {
  const alias = stack[reference.Ref ?? ''];
  expect(alias?.Type, JSON.stringify(reference)).toBe('AWS::Lambda::Alias');
  return alias?.Properties.FunctionName.Ref;
}

describe('prod', () => {
  let stacks: Stack[];
  beforeAll(() => {
    stacks = stacksOf('prod');
  });

  it('has one alias per function; CodeDeploy shifts the traffic of the alias, and alarms roll it back', () => {
    const raised = new Set(
      stacks.flatMap((stack) =>
        ofType(stack, 'AWS::CloudWatch::Alarm').map(([, { Properties }]) => Properties.AlarmName),
      ),
    );
    let functions = 0;
    for (const stack of stacks) {
      for (const [id, fn] of ofType(stack, 'AWS::Lambda::Function').filter(([, fn]) => isOurs(fn))) {
        functions++;
        const [live, ...others] = ofType(stack, 'AWS::Lambda::Alias').filter(
          ([, { Properties }]) => Properties.FunctionName.Ref === id,
        );
        expect([live?.[1].Properties.Name, others], id).toEqual(['live', []]);
        const version = live?.[1].Properties.FunctionVersion['Fn::GetAtt'][0];
        expect(stack[version]).toMatchObject({
          Type: 'AWS::Lambda::Version',
          Properties: { FunctionName: { Ref: id } },
        });
        const group = stack[live?.[1].UpdatePolicy?.CodeDeployLambdaAliasUpdate.DeploymentGroupName.Ref]?.Properties;
        expect(group).toMatchObject({
          DeploymentGroupName: fn.Properties.FunctionName,
          DeploymentConfigName: 'CodeDeployDefault.LambdaLinear10PercentEvery2Minutes',
          AutoRollbackConfiguration: {
            Enabled: true,
            Events: ['DEPLOYMENT_FAILURE', 'DEPLOYMENT_STOP_ON_REQUEST', 'DEPLOYMENT_STOP_ON_ALARM'],
          },
          AlarmConfiguration: { Enabled: true },
        });
        const alarms: string[] = group?.AlarmConfiguration.Alarms.map(({ Name }: { Name: string }) => Name);
        // CodeDeploy allows at most ten alarms.
        expect(alarms.length, id).toBeLessThanOrEqual(10);
        expect(
          alarms.filter((name) => !raised.has(name)),
          id,
        ).toEqual([]);
      }
    }
    expect(functions).toBe(35);
  });

  it('rolls back functions of routes by the alarms of the API, and other functions by the alarms of their consumer or relay', () => {
    const groups = new Map(
      stacks.flatMap((stack) =>
        ofType(stack, 'AWS::CodeDeploy::DeploymentGroup').map(([, { Properties }]) => [
          Properties.DeploymentGroupName.replace('rollcall-prod-', ''),
          Properties.AlarmConfiguration.Alarms.map(({ Name }: { Name: string }) => Name.replace('rollcall-prod-', '')),
        ]),
      ),
    );
    const ofApi = ['api-errors', 'api-slow'];
    expect(groups.get('registration-register')).toEqual(ofApi);
    expect(groups.get('guide-read')).toEqual(ofApi);
    expect(groups.get('sms-webhook')).toEqual(expect.arrayContaining(ofApi));
    const ofPoints = ['points-late', 'points-sweep-fails', 'points-parked-for-person'];
    expect(groups.get('points-consume')).toEqual(expect.arrayContaining(ofPoints));
    expect(groups.get('points-sweep')).toEqual(groups.get('points-consume'));
    expect(groups.get('registration-outbox-relay')).toEqual(
      expect.arrayContaining([
        'relay-behind',
        'oldest-unpublished',
        'left-in-outbox',
        'registration-outbox-sweep-fails',
      ]),
    );
  });

  it('invokes aliases from routes, queues, streams and rules, with permissions for the aliases', () => {
    const invoked: string[] = [];
    for (const stack of stacks) {
      const references = [
        ...ofType(stack, 'AWS::ApiGatewayV2::Integration').map(([, { Properties }]) => Properties.IntegrationUri),
        ...ofType(stack, 'AWS::Lambda::EventSourceMapping').map(([, { Properties }]) => Properties.FunctionName),
        ...ofType(stack, 'AWS::Events::Rule').flatMap(([, { Properties }]) =>
          Properties.Targets.map(({ Arn }: { Arn: object }) => Arn),
        ),
      ];
      invoked.push(...references.map((reference) => functionBehind(stack, reference)));
      for (const [, { Properties }] of ofType(stack, 'AWS::Lambda::Permission'))
        functionBehind(stack, Properties.FunctionName);
    }
    expect(new Set(invoked).size).toBeGreaterThan(20);
  });

  it('publishes a new version when a parameter in the environment of a function changes', () => {
    const [sms] = stacks.filter((stack) => ofType(stack, 'AWS::SMSVOICE::ConfigurationSet').length > 0);
    const described = ofType(sms ?? {}, 'AWS::Lambda::Version').map(([, { Properties }]) => [
      Properties.FunctionName.Ref.replace(/.{8}$/, ''),
      JSON.stringify(Properties.Description ?? ''),
    ]);
    const parameters = (text: string) => [...text.matchAll(/"Ref":"(\w+)"/g)].map(([, name]) => name);
    expect(Object.fromEntries(described.map(([fn = '', text = '']) => [fn, parameters(text)]))).toEqual({
      Subscriberconsume: ['SmsOriginationIdentity', 'TwilioUrl'],
      Subscribersweep: ['SmsOriginationIdentity', 'TwilioUrl'],
      Commandsconsume: ['SmsOriginationIdentity', 'TwilioUrl'],
      Commandssweep: ['SmsOriginationIdentity', 'TwilioUrl'],
      webhook: ['TwilioUrl'],
      awsEvents: [],
    });
  });

  it('shifts no traffic with -c shifting=off, which changes nothing else', () => {
    const off = stacksOf('prod', {}, { shifting: 'off' });
    const withoutPolicies = stacks.map((stack) =>
      Object.fromEntries(Object.entries(stack).map(([id, { UpdatePolicy: _, ...resource }]) => [id, resource])),
    );
    expect(off).toEqual(withoutPolicies);
    expect(() => stacksOf('prod', {}, { shifting: 'no' })).toThrow('-c shifting=no: the only valid value is off.');
  });
});

describe('a stage whose traffic shifting is turned on or off', () => {
  const on = { trafficShifting: 'LambdaCanary10Percent5Minutes' } as const;
  const mappingsOf = (stacks: Stack[]) =>
    stacks.flatMap((stack) => ofType(stack, 'AWS::Lambda::EventSourceMapping').map(([id]) => id)).toSorted();

  it('has no versions and no aliases if traffic shifting is off, as in dev', () => {
    const types = /^AWS::(CodeDeploy::|Lambda::(Version|Alias)$)/;
    expect(stacksOf('dev').flatMap((stack) => Object.values(stack).filter(({ Type }) => types.test(Type)))).toEqual([]);
  });

  it('keeps its event source mappings, because a new one would read a stream from its beginning', () => {
    const before = mappingsOf(stacksOf('dev'));
    expect(mappingsOf(stacksOf('dev', on))).toEqual(before);
    expect(before.length).toBe(8);
  });

  it('changes an integration only after it may invoke its new target', () => {
    for (const stack of stacksOf('dev', on))
      for (const [id, { Properties, DependsOn = [] }] of ofType(stack, 'AWS::ApiGatewayV2::Integration')) {
        const awaited = DependsOn.map((other) => stack[other]).filter(
          (other) => other?.Type === 'AWS::Lambda::Permission',
        );
        expect(
          awaited.map((permission) => permission?.Properties.FunctionName),
          id,
        ).toContainEqual(Properties.IntegrationUri);
      }
  });
});

describe('the setting trafficShifting', () => {
  const stages = (settings: object) => () => stageOf(stageSettings, 'shop', { prod: settings }, 'prod');

  it('is one of the configurations of CodeDeploy that check alarms', () => {
    expect(stages({ trafficShifting: 'LambdaLinear10PercentEvery1Minute' })).not.toThrow();
    expect(stages({ trafficShifting: 'LambdaAllAtOnce' })).toThrow('LambdaCanary10Percent5Minutes');
    expect(stages({ trafficShifting: 'LambdaLinear10PercentEvery1Minute', monitoring: false })).toThrow(
      'trafficShifting needs alarms, and monitoring is false',
    );
  });

  it('is refused if no alarm would roll back a function', () => {
    const app = newApp({ stage: 'prod' });
    const shop = new RollcallApp(app, {
      name: 'shop',
      stages: { prod: { trafficShifting: 'LambdaCanary10Percent5Minutes' } },
      channels: [],
    });
    shop.service('jobs', (stack, { stage }) => {
      new ServiceFunction(stack, 'Nightly', {
        stage,
        name: 'nightly',
        entry: 'functions/jobs/nightly.ts',
        handler: 'run',
      });
    });
    shop.finish();
    expect(() => app.synth()).toThrow('No alarm rolls shop-prod-nightly back while its traffic is shifted');
  });
});
