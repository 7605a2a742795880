import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readAssembly } from '@rollcall/local/internal/template/assembly';
import { describe, expect, inject, it } from 'vitest';
import { stageNamed } from '../../infra/stages.ts';
import { deployedOf } from '../../ops/cost/deployed.ts';
import { capacityTables, generatedPart, idleCostTable } from '../../ops/cost/documents.ts';
import { committedFigures } from '../../ops/cost/figures.ts';
import { root } from '../support/run.ts';

const read = (file: string) => readFileSync(join(root, file), 'utf8');

/** Resources of a type in all templates of a stage. */
function ofType(stage: 'dev' | 'prod', type: string): Record<string, any>[] {
  const folder = inject(stage);
  return readdirSync(folder)
    .filter((file) => file.endsWith('.template.json'))
    .flatMap((file) => Object.values<any>(JSON.parse(readFileSync(join(folder, file), 'utf8')).Resources))
    .filter(({ Type }) => Type === type)
    .map(({ Properties }) => Properties);
}

const namesOf = (stage: 'dev' | 'prod', type: string, property: string): string[] =>
  ofType(stage, type).map((properties) => properties[property]);

/** The anchors of the runbook's chapters about alarms. */
const chapters = [...read('docs/runbook.md').matchAll(/^### (.+)$/gm)].map(([, title = '']) =>
  title.toLowerCase().replaceAll(' ', '-'),
);

const chapterOf = (description: string) => /docs\/runbook\.md#([a-z-]+)$/.exec(description)?.[1];

/** The widgets of a dashboard, without the references in them. */
function widgetsOf(stage: 'dev' | 'prod'): any[] {
  const [dashboard, ...others] = ofType(stage, 'AWS::CloudWatch::Dashboard');
  expect(others).toEqual([]);
  expect(dashboard?.DashboardName).toBe(`rollcall-${stage}`);
  const parts: unknown[] = dashboard?.DashboardBody['Fn::Join'][1];
  return JSON.parse(parts.map((part) => (typeof part === 'string' ? part : '')).join('')).widgets;
}

/** The metrics of a dashboard. Each one is a list of namespace, name and dimensions. */
const metricsOf = (stage: 'dev' | 'prod'): string[][] =>
  widgetsOf(stage)
    .flatMap(({ properties }) => properties.metrics ?? [])
    .map((metric: unknown[]) => metric.filter((part) => typeof part === 'string'));

describe.each(['dev', 'prod'] as const)('the alarms of %s', (stage) => {
  const alarms = () => ofType(stage, 'AWS::CloudWatch::Alarm');

  it('refer to an existing chapter of the runbook, and their names end with its anchor', () => {
    for (const { AlarmName, AlarmDescription } of alarms()) {
      expect(chapters, AlarmName).toContain(chapterOf(AlarmDescription));
      expect(AlarmName).toMatch(new RegExp(`^rollcall-${stage}-[a-z-]*${chapterOf(AlarmDescription)}$`));
    }
  });

  it('cover every chapter of the runbook', () => {
    const named = new Set(alarms().map(({ AlarmDescription }) => chapterOf(AlarmDescription)));
    expect(chapters.filter((chapter) => !named.has(chapter))).toEqual([]);
    expect(chapters).not.toEqual([]);
  });

  it('report a sweep that stopped running, but not one that has never run', () => {
    expect(alarms().filter(({ TreatMissingData }) => TreatMissingData === 'breaching')).toEqual([]);
    const silent = alarms().filter(({ TreatMissingData }) => TreatMissingData === 'missing');
    for (const { InsufficientDataActions, AlarmActions } of silent)
      expect(InsufficientDataActions).toEqual(AlarmActions);
    const sweeps = namesOf(stage, 'AWS::Lambda::Function', 'FunctionName').filter((name) => name.endsWith('-sweep'));
    expect(silent.map(({ AlarmName }) => AlarmName).toSorted()).toEqual(
      sweeps.map((name) => `${name}-fails`).toSorted(),
    );
    expect(sweeps.length).toBe(8);
  });

  it('watch the API, unpublished messages, and throttling by AWS', () => {
    const byName = new Map(alarms().map((alarm) => [alarm.AlarmName, alarm]));
    const strict = stage === 'prod';
    expect(byName.get(`rollcall-${stage}-api-errors`)).toMatchObject({ Threshold: strict ? 1 : 5 });
    expect(byName.get(`rollcall-${stage}-api-slow`)).toMatchObject({
      MetricName: 'Latency',
      ExtendedStatistic: 'p99',
      Threshold: strict ? 5_000 : 10_000,
    });
    const [filter] = ofType(stage, 'AWS::Logs::MetricFilter');
    const { MetricName, MetricNamespace } = filter?.MetricTransformations[0] ?? {};
    expect(filter?.FilterPattern).toBe('{ $.status = "429" }');
    expect(byName.get(`rollcall-${stage}-too-many-requests`)).toMatchObject({ MetricName, Namespace: MetricNamespace });
    expect(byName.get(`rollcall-${stage}-oldest-unpublished`)).toMatchObject({ MetricName: 'OldestUnpublished' });
    expect(byName.get(`rollcall-${stage}-functions-throttled`)).toMatchObject({ MetricName: 'Throttles' });
    const tables = namesOf(stage, 'AWS::DynamoDB::GlobalTable', 'TableName');
    expect(tables.filter((table) => !byName.has(`${table}-table-throttled`))).toEqual([]);
  });

  it('report messages that SNS cannot deliver, and those that it cannot move to a dead-letter queue', () => {
    const watched = (TopicName: string) =>
      alarms().flatMap(({ Namespace, MetricName, Dimensions }) =>
        Namespace === 'AWS/SNS' && Dimensions[0].Value === TopicName ? [MetricName] : [],
      );
    const topics = namesOf(stage, 'AWS::SNS::Topic', 'TopicName').toSorted();
    expect(Object.fromEntries(topics.map((name) => [name.replace(`rollcall-${stage}-`, ''), watched(name)]))).toEqual({
      alarms: [],
      'member-events.fifo': ['NumberOfNotificationsFailed', 'NumberOfNotificationsFailedToRedriveToDlq'],
      ...(stage === 'prod' && { 'sms-events': ['NumberOfNotificationsFailed'] }),
    });
  });

  it('tolerate a filled value in the newest minute, whose metrics have not arrived yet', () => {
    const filled = alarms().filter(({ Metrics }) => JSON.stringify(Metrics ?? []).includes('FILL('));
    expect(filled.length).toBe(namesOf(stage, 'AWS::DynamoDB::GlobalTable', 'TableName').length);
    for (const { DatapointsToAlarm, EvaluationPeriods, AlarmName } of filled)
      expect(DatapointsToAlarm, AlarmName).toBeLessThan(EvaluationPeriods);
  });

  it('count responses with status 429 by a field of the access log', () => {
    const [apiStage] = ofType(stage, 'AWS::ApiGatewayV2::Stage');
    expect(JSON.parse(apiStage?.AccessLogSettings.Format)).toMatchObject({ service: 'api', status: '$context.status' });
  });

  it('have constant names and descriptions, so they contain no data of members', () => {
    for (const { AlarmName, AlarmDescription } of alarms()) {
      expect([typeof AlarmName, typeof AlarmDescription]).toEqual(['string', 'string']);
    }
  });
});

describe.each(['dev', 'prod'] as const)('the dashboard of %s', (stage) => {
  it('shows every alarm', () => {
    const shown = JSON.stringify(ofType(stage, 'AWS::CloudWatch::Dashboard'));
    const alarms = namesOf(stage, 'AWS::CloudWatch::Alarm', 'AlarmName');
    expect(alarms.filter((name) => !shown.includes(`:alarm:${name}\\"`))).toEqual([]);
    // A widget shows at most this number of alarms.
    expect(alarms.length).toBeLessThanOrEqual(100);
  });

  it('shows every queue, function and table, and names only existing ones', () => {
    const kinds = [
      ['QueueName', 'AWS::SQS::Queue', 'QueueName'],
      ['FunctionName', 'AWS::Lambda::Function', 'FunctionName'],
      ['TableName', 'AWS::DynamoDB::GlobalTable', 'TableName'],
    ] as const;
    for (const [dimension, type, property] of kinds) {
      const shown = metricsOf(stage).flatMap((metric) =>
        metric.flatMap((part, index) => (part === dimension ? [metric[index + 1]] : [])),
      );
      expect([...new Set(shown)].toSorted()).toEqual(namesOf(stage, type, property).toSorted());
    }
  });

  it('imports only values that other stacks import too', () => {
    const folder = inject(stage);
    const template = readFileSync(join(folder, `rollcall-${stage}-monitoring.template.json`), 'utf8');
    const imported = [...template.matchAll(/"Fn::ImportValue": *"([^"]+)"/g)].map(([, name = '']) => name);
    const others = readdirSync(folder).filter(
      (file) => file.endsWith('.template.json') && !file.endsWith('-monitoring.template.json'),
    );
    const elsewhere = others.map((file) => readFileSync(join(folder, file), 'utf8'));
    for (const name of new Set(imported)) {
      expect(
        elsewhere.some((other) => new RegExp(`"Fn::ImportValue": *"${name}"`).test(other)),
        name,
      ).toBe(true);
    }
  });

  it('is within the limits of CloudWatch and CloudFormation', () => {
    const widgets = widgetsOf(stage);
    // https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch_limits.html
    expect(widgets.length).toBeLessThanOrEqual(500);
    expect(metricsOf(stage).length).toBeLessThanOrEqual(2_500);
    const template = readFileSync(join(inject(stage), `rollcall-${stage}-monitoring.template.json`));
    expect(template.byteLength).toBeLessThan(1_000_000);
  });
});

describe('the part that npm run cost -- --write generates', () => {
  const deployed = (stage: 'dev' | 'prod') => deployedOf(readAssembly(inject(stage)).stacks);

  it('in docs/costs.md counts and prices the resources of the templates', async () => {
    const stages = { dev: await deployed('dev'), prod: await deployed('prod') };
    expect(generatedPart(read('docs/costs.md'))).toBe(idleCostTable(committedFigures, stages));
  });

  it('in docs/capacity.md is computed from the committed figures', async () => {
    const tables = capacityTables(committedFigures, stageNamed('prod'), await deployed('prod'));
    expect(generatedPart(read('docs/capacity.md'))).toBe(tables);
  });
});

describe('docs/observability.md', () => {
  it('explains every custom metric on a dashboard or in an alarm, and no other', () => {
    const ours = (['dev', 'prod'] as const).flatMap((stage) => [
      ...metricsOf(stage).flatMap(([namespace, name]) => (namespace === `Rollcall/${stage}` ? [name] : [])),
      ...[...JSON.stringify(widgetsOf(stage)).matchAll(/MetricName=\\+"(\w+)/g)].map(([, name]) => name),
      ...ofType(stage, 'AWS::CloudWatch::Alarm').flatMap(({ Namespace, MetricName }) =>
        Namespace === `Rollcall/${stage}` ? [MetricName] : [],
      ),
    ]);
    const explained = [...read('docs/observability.md').matchAll(/^\| `([A-Z]\w+)` /gm)].map(([, name]) => name);
    expect(explained.toSorted()).toEqual([...new Set(ours)].toSorted());
  });

  it('counts the alarms and metrics of prod in its cost', () => {
    const alarms = ofType('prod', 'AWS::CloudWatch::Alarm');
    const metrics = alarms.flatMap(({ Metrics }) => Metrics?.filter((part: any) => part.MetricStat) ?? ['its own']);
    const custom = new Set(metricsOf('prod').flatMap((metric) => (metric[0] === 'Rollcall/prod' ? [`${metric}`] : [])));
    const page = read('docs/observability.md');
    expect(page).toContain(`metrics that the ${alarms.length} alarms use | ${metrics.length} |`);
    expect(page).toContain(`The dashboard names ${custom.size} custom metrics`);
  });
});
