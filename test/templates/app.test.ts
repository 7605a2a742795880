import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RollcallApp } from '@rollcall/cdk/internal/app';
import { bundleOf } from '@rollcall/cdk/internal/bundles';
import { Outbox } from '@rollcall/cdk/internal/outbox';
import { stageOf, stageSettings } from '@rollcall/cdk/internal/stage';
import type { Channel } from '@rollcall/kit/internal/contracts/channel';
import { type ConsumerDescriptor, defineConsumer } from '@rollcall/kit/internal/contracts/consumer';
import { App } from 'aws-cdk-lib';
import type { CloudAssembly } from 'aws-cdk-lib/cx-api';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import * as z from 'zod';
import { eventConsumer as coupons } from '../../functions/coupons/events.consumer.ts';
import { dashboardOf } from '../../infra/constructs/dashboard.ts';
import { membersApp } from '../../infra/stage-stacks.ts';
import { stageNamed } from '../../infra/stages.ts';
import { root } from '../support/run.ts';

// These tests do not check which consumer owns a handler file, so every consumer may use the handlers of the service
// `guide`.
vi.mock('@rollcall/cdk/internal/bundles', async (original) => ({
  ...(await original<object>()),
  consumersIn: () => [],
}));

const folder = mkdtempSync(join(tmpdir(), 'rollcall-app-'));
beforeAll(() => bundleOf(EVENTS));
afterAll(() => rmSync(folder, { recursive: true }));

const { context: flags } = JSON.parse(readFileSync(join(root, 'cdk.json'), 'utf8'));
// Only one test validates the templates against the rules of CloudFormation.
const newApp = (validates = false) =>
  new App({
    context: { ...flags, '@aws-cdk/core:validateAgainstDefaultRules': validates },
    outdir: mkdtempSync(join(folder, 'out-')),
  });

const PUBLISH = 'functions/registration/publish.handler.ts';
const EVENTS = 'functions/guide/events.handler.ts';

const topicOf = (service: string): Channel => ({
  ...{ name: `${service}-events`, kind: 'topic', ordered: true, description: 'What happens.' },
  ...{ format: 'application/json', senders: [`/shop/${service}`] },
  messages: [{ type: `shop.${service}.happened.v1`, kind: 'event', data: z.object({}) }],
});
const [orders, payments, letters] = [topicOf('orders'), topicOf('payments'), topicOf('letters')];

const subscriberOf = (service: string, of: Channel): ConsumerDescriptor =>
  defineConsumer(service, { source: `/shop/${service}`, of, reads: of.messages, cursorKey: service });

/** An app with two services, each with an outbox. */
function shopApp(validates = false): { app: App; shop: RollcallApp } {
  const app = newApp(validates);
  const shop = new RollcallApp(app, { name: 'shop', stages: { dev: {} }, channels: [orders, payments, letters] });
  for (const [service, topic] of Object.entries({ orders, payments }))
    shop.service(service, (stack, props) => {
      new Outbox(stack, 'Outbox', { ...props, service, entry: PUBLISH, sendsTo: [topic] });
    });
  return { app, shop };
}

const resourcesIn = (assembly: CloudAssembly): any[] =>
  assembly.stacks.flatMap(({ template }) => Object.values(template.Resources));

describe('an app', () => {
  it('has an outbox per publishing service, each with separate names, alarms and metrics', () => {
    const { app, shop } = shopApp(true);
    shop.finish();
    const resources = resourcesIn(app.synth());
    const of = (type: string, name: string): string[] =>
      resources.flatMap(({ Type, Properties }) => (Type === type ? [Properties[name]] : []));
    expect(of('AWS::DynamoDB::GlobalTable', 'TableName')).toEqual(
      expect.arrayContaining(['shop-dev-orders-outbox', 'shop-dev-payments-outbox']),
    );
    const alarms = of('AWS::CloudWatch::Alarm', 'AlarmName');
    expect(new Set(alarms).size).toBe(alarms.length);
    for (const service of ['orders', 'payments']) {
      const names = ['relay-behind', 'oldest-unpublished', 'left-in-outbox', 'outbox-sweep-fails'];
      expect(alarms).toEqual(expect.arrayContaining(names.map((name) => `shop-dev-${service}-${name}`)));
      const outboxFunctions = resources.filter(({ Properties }) =>
        ['relay', 'sweep'].some((name) => Properties?.FunctionName === `shop-dev-${service}-outbox-${name}`),
      );
      expect(outboxFunctions.map(({ Properties }) => Properties.Environment.Variables.POWERTOOLS_SERVICE_NAME)).toEqual(
        Array(2).fill(`${service}-relay`),
      );
      const watched = resources.filter(({ Properties }) => Properties?.Dimensions?.[0]?.Value === `${service}-relay`);
      expect(watched.map(({ Properties }) => Properties.MetricName)).toEqual(['OldestUnpublished', 'LeftInOutbox']);
    }
  });

  it('has a table of scheduled messages, with its alarm, if an outbox requires it', () => {
    const { app, shop } = shopApp();
    shop.service('labels', (stack, props) => {
      const about = { ...props, service: 'labels', entry: PUBLISH, sendsTo: [] };
      const outbox = new Outbox(stack, 'Outbox', { ...about, later: { places: [] } });
      expect(outbox.later.node.path).toContain('Later');
      expect(() => new Outbox(stack, 'Other', { ...about, service: 'other' }).later).toThrow('create it with `later`');
    });
    shop.finish();
    const resources = resourcesIn(app.synth());
    const tables = resources.flatMap(({ Properties }) => Properties?.TableName ?? []);
    expect(tables.filter((name) => String(name).endsWith('later'))).toEqual(['shop-dev-labels-later']);
    const alarms = resources.flatMap(({ Properties }) => Properties?.AlarmName ?? []);
    expect(alarms.filter((name) => String(name).includes('oldest-due'))).toEqual(['shop-dev-labels-oldest-due']);
  });

  it("deploys a topic's subscribers before its publisher, and has one API stage", () => {
    const { app, shop } = shopApp();
    shop.subscriber(subscriberOf('letters', orders), { entry: EVENTS });
    shop.subscriber(subscriberOf('payments', orders), { entry: EVENTS });
    shop.finish();
    const assembly = app.synth();
    const before = (stack: string) => assembly.getStackByName(stack).dependencies.map(({ id }) => id);
    expect(before('shop-dev-orders')).toEqual(expect.arrayContaining(['shop-dev-letters', 'shop-dev-payments']));
    expect(before('shop-dev-payments')).not.toContain('shop-dev-letters');
    expect(resourcesIn(assembly).filter(({ Type }) => Type === 'AWS::ApiGatewayV2::Stage')).toHaveLength(1);
  });

  it('refuses a consumer or an outbox whose handler file does not export its handlers', () => {
    const consumer = () =>
      shopApp().shop.subscriber(subscriberOf('letters', orders), { entry: 'functions/guide/read.handler.ts' });
    expect(consumer).toThrow('functions/guide/read.handler.ts does not export `consume`, the handler of a function');
    const outbox = () =>
      shopApp().shop.service('letters', (stack, props) => {
        new Outbox(stack, 'Outbox', { ...props, service: 'letters', entry: EVENTS, sendsTo: [letters] });
      });
    expect(outbox).toThrow(`${EVENTS} does not export \`relay\`, the handler of a function`);
  });

  it('refuses services with circular dependencies, and names them', () => {
    const { shop } = shopApp();
    shop.subscriber(subscriberOf('payments', orders), { entry: EVENTS });
    shop.subscriber(subscriberOf('orders', payments), { entry: EVENTS });
    expect(() => shop.finish()).toThrow('shop-dev-orders and shop-dev-payments subscribe to each other');

    const more = shopApp().shop;
    more.service('letters', (stack, props) => {
      new Outbox(stack, 'Outbox', { ...props, service: 'letters', entry: PUBLISH, sendsTo: [letters] });
    });
    more.subscriber(subscriberOf('payments', orders), { entry: EVENTS });
    more.subscriber(subscriberOf('letters', payments), { entry: EVENTS });
    more.subscriber(subscriberOf('orders', letters), { entry: EVENTS });
    expect(() => more.finish()).toThrow(
      'shop-dev-orders, shop-dev-payments, and shop-dev-letters subscribe to each other, so none can be deployed first',
    );
  });

  it('cannot be synthesized before finish() is called', () => {
    expect(() => shopApp().app.synth()).toThrow('Call finish() of the app shop after its last service.');
  });

  it('refuses a name with a hyphen, because the name of another app could be its prefix', () => {
    expect(() => stageOf(stageSettings, 'my-shop', { dev: {} }, 'dev')).toThrow('The name of the app, "my-shop"');
  });
});

describe('a new subscriber', () => {
  const assemblyWith = (...more: ConsumerDescriptor[]) => {
    const app = newApp();
    const rollcall = membersApp(app, stageNamed('dev'));
    for (const consumer of more) rollcall.subscriber(consumer, { entry: 'functions/coupons/events.handler.ts' });
    rollcall.finish(dashboardOf(rollcall.stage));
    return app.synth();
  };

  it("does not change any byte of other services' templates and bundles", () => {
    const [before, after] = [assemblyWith(), assemblyWith(coupons)];
    const names = before.stacks.map(({ stackName }) => stackName).filter((name) => !name.endsWith('-monitoring'));
    expect(names).toContain('rollcall-dev-registration');
    for (const name of names)
      for (const kind of ['template', 'assets']) {
        const read = ({ directory }: CloudAssembly) => readFileSync(join(directory, `${name}.${kind}.json`), 'utf8');
        expect(read(after) === read(before), `${name}.${kind}.json`).toBe(true);
      }
    const { SubscriberEntryDB532FA0: entry, ...resources } =
      after.getStackByName('rollcall-dev-coupons').template.Resources;
    expect(entry).toMatchObject({ Type: 'AWS::ServiceDiscovery::Instance' });
    // The subscription is created after the subscriber's entry in the directory. Otherwise, an erasure could end
    // without the subscriber, although the subscriber already has data about the member.
    const [subscription] = Object.values<{ Type: string; DependsOn?: string[] }>(resources).filter(
      ({ Type }) => Type === 'AWS::SNS::Subscription',
    );
    expect(subscription?.DependsOn).toContain('SubscriberEntryDB532FA0');
  });
});
