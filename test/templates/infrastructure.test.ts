import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { RECEIVES_BEFORE_PARKING } from '@rollcall/kit/internal/contracts/redelivery';
import { describe, expect, inject, it } from 'vitest';
import { stageNamed } from '../../infra/stages.ts';
import { rpcWatch } from '../../shared/contracts/rpc.ts';

interface Resource {
  Type: string;
  Properties: Record<string, any>;
  DeletionPolicy?: string;
  DependsOn?: string | string[];
}

/** Every resource of a stage, by `template/logicalId`. */
function resourcesOf(stage: 'dev' | 'prod'): Array<[string, Resource]> {
  const folder = inject(stage);
  return readdirSync(folder)
    .filter((file) => file.endsWith('.template.json'))
    .flatMap((file) => {
      const { Resources } = JSON.parse(readFileSync(join(folder, file), 'utf8')) as {
        Resources: Record<string, Resource>;
      };
      return Object.entries(Resources).map(([id, resource]): [string, Resource] => [`${file}/${id}`, resource]);
    });
}

const ofType = (stage: 'dev' | 'prod', type: string) => resourcesOf(stage).filter(([, { Type }]) => Type === type);

/** The parameters of all templates of a stage, except those of CDK's bootstrapping. */
function parametersOf(stage: 'dev' | 'prod'): Record<string, { Default?: string }> {
  const folder = inject(stage);
  const files = readdirSync(folder).filter((file) => file.endsWith('.template.json'));
  const { BootstrapVersion: _, ...parameters } = Object.assign(
    {},
    ...files.map((file) => JSON.parse(readFileSync(join(folder, file), 'utf8')).Parameters),
  );
  return parameters;
}

interface Reference {
  Ref?: string;
  'Fn::GetAtt'?: [string, string];
  'Fn::ImportValue'?: string;
}

/** The exports of the stacks of a stage: name, template and value. */
function exportsOf(stage: 'dev' | 'prod'): Map<string, [string, Reference]> {
  const folder = inject(stage);
  const files = readdirSync(folder).filter((file) => file.endsWith('.template.json'));
  return new Map(
    files.flatMap((file) => {
      const { Outputs = {} } = JSON.parse(readFileSync(join(folder, file), 'utf8'));
      return Object.values<any>(Outputs)
        .filter(({ Export }) => Export)
        .map(({ Export, Value }): [string, [string, Reference]] => [Export.Name, [file, Value]]);
    }),
  );
}

/** How long a request may wait with `Prefer: wait` or `WatchOperation`. */
const MAX_WAIT_SECONDS = 20;

/**
 * Returns the ID of the resource to which a reference in the template of `from` refers. For an alias, returns the ID of
 * its function.
 */
function idOf(stage: 'dev' | 'prod', from: string, value: Reference): string {
  const [file, { Ref, 'Fn::GetAtt': attribute }] = exportsOf(stage).get(value['Fn::ImportValue'] ?? '') ?? [
    from.split('/')[0],
    value,
  ];
  const id = `${file}/${Ref ?? attribute?.[0]}`;
  const alias = new Map(ofType(stage, 'AWS::Lambda::Alias')).get(id);
  return alias ? idOf(stage, id, alias.Properties.FunctionName) : id;
}

/**
 * Returns the throttling of each route whose requests may wait. The function of such a route has a timeout that allows
 * the longest wait.
 */
function waitingRates(stage: 'dev' | 'prod'): Array<{ key: string; rate: number; burst: number }> {
  const functions = new Map(ofType(stage, 'AWS::Lambda::Function'));
  const integrations = new Map(ofType(stage, 'AWS::ApiGatewayV2::Integration'));
  const [[, api] = []] = ofType(stage, 'AWS::ApiGatewayV2::Stage');
  return ofType(stage, 'AWS::ApiGatewayV2::Route').flatMap(([id, { Properties }]) => {
    const key: string = Properties.RouteKey;
    const integration = idOf(stage, id, Properties.Target['Fn::Join'][1][1]);
    const target = integrations.get(integration)?.Properties.IntegrationUri;
    const { Timeout } = functions.get(idOf(stage, integration, target))?.Properties ?? {};
    // Requests with HEAD do not wait. Of the RPC methods, only `WatchOperation` waits.
    const neverWaits = key.startsWith('HEAD ') || (/^POST [^{]*Service/.test(key) && key !== `POST ${rpcWatch.path}`);
    if (Timeout < MAX_WAIT_SECONDS || neverWaits) return [];
    const { ThrottlingRateLimit: rate, ThrottlingBurstLimit: burst } = api?.Properties.RouteSettings[key] ?? {};
    return [{ key, rate, burst }];
  });
}

describe.each(['dev', 'prod'] as const)('the templates of %s', (stage) => {
  /** Whether a queue receives the events of an SMS provider, and not messages of the application. */
  const isOfProvider = ({ QueueName }: Record<string, string>) => QueueName?.includes('-sms-events');
  const queues = () => ofType(stage, 'AWS::SQS::Queue').filter(([, { Properties }]) => !isOfProvider(Properties));
  const providerQueues = () =>
    ofType(stage, 'AWS::SQS::Queue').filter(([, { Properties }]) => isOfProvider(Properties));
  const functions = () => new Map(ofType(stage, 'AWS::Lambda::Function'));
  const mappings = () => ofType(stage, 'AWS::Lambda::EventSourceMapping');

  it('have no late subscriber, so every subscriber starts at version 1', () => {
    const settings = [...functions().values()].flatMap(
      ({ Properties }) => Properties.Environment?.Variables?.JOINS_LATE ?? [],
    );
    expect(settings).toEqual(Array.from({ length: 14 }, () => 'false'));
  });

  it('give every queue a dead-letter queue of its own kind that keeps messages for 14 days', () => {
    const deadLetterQueues = new Set<string>();
    for (const [id, { Properties }] of [...queues(), ...ofType(stage, 'AWS::SNS::Subscription')]) {
      if (Properties.RedrivePolicy) deadLetterQueues.add(idOf(stage, id, Properties.RedrivePolicy.deadLetterTargetArn));
    }
    expect(queues().length).toBe(17);
    const kinds = new Map(queues().map(([id, { Properties }]) => [id, Properties.FifoQueue]));
    for (const [id, { Properties }] of queues()) {
      expect(Properties.RedrivePolicy || deadLetterQueues.has(id), id).toBeTruthy();
      const target = Properties.RedrivePolicy?.deadLetterTargetArn;
      if (target) expect(kinds.get(idOf(stage, id, target)), id).toBe(Properties.FifoQueue);
      expect(Properties.MessageRetentionPeriod).toBe(14 * 24 * 3600);
    }
  });

  it('have a standard queue and its dead-letter queue for SMS events of AWS only if AWS is an SMS provider', () => {
    const names = providerQueues().map(([, { Properties }]) => Properties.QueueName);
    expect(names.toSorted()).toEqual(
      stage === 'dev' ? [] : ['rollcall-prod-sms-events', 'rollcall-prod-sms-events-dlq'],
    );
    const [sets] = ofType(stage, 'AWS::SMSVOICE::ConfigurationSet').map(([, { Properties }]) => Properties);
    const [destination] = sets?.EventDestinations ?? [];
    // `TEXT_ALL` would also report states between sent and delivered.
    if (destination) expect(destination.MatchingEventTypes).not.toContain('TEXT_ALL');
    expect(providerQueues().filter(([, { Properties }]) => Properties.RedrivePolicy).length).toBe(names.length / 2);
    for (const [, { Properties }] of providerQueues()) expect(Properties.FifoQueue).toBeUndefined();
  });

  it('give high throughput by message group to topic and queues', () => {
    const ordered = queues().filter(([, { Properties }]) => Properties.FifoQueue);
    expect(ordered.length).toBe(11);
    for (const [, { Properties }] of ordered) {
      expect(Properties).toMatchObject({
        DeduplicationScope: 'messageGroup',
        FifoThroughputLimit: 'perMessageGroupId',
      });
    }
    const [topic] = ofType(stage, 'AWS::SNS::Topic').filter(([, { Properties }]) => Properties.FifoTopic);
    expect(topic?.[1].Properties.FifoThroughputScope).toBe('MessageGroup');
  });

  it('let every mapping report partial failures', () => {
    expect(mappings().length).toBe(stage === 'dev' ? 8 : 9);
    for (const [, { Properties }] of mappings())
      expect(Properties.FunctionResponseTypes).toEqual(['ReportBatchItemFailures']);
  });

  it('hide a message for at least six times the timeout of its function', () => {
    const byId = new Map(queues());
    const consuming = mappings().filter(([id, { Properties }]) => byId.has(idOf(stage, id, Properties.EventSourceArn)));
    expect(consuming.length).toBe(7);
    for (const [id, { Properties }] of consuming) {
      const queue = byId.get(idOf(stage, id, Properties.EventSourceArn))?.Properties;
      const timeout = functions().get(idOf(stage, id, Properties.FunctionName))?.Properties.Timeout;
      expect(queue?.VisibilityTimeout).toBeGreaterThanOrEqual(6 * timeout);
    }
  });

  it('allow more receives before the dead-letter queue than before parking', () => {
    const limits = queues().flatMap(([, { Properties }]) => Properties.RedrivePolicy?.maxReceiveCount ?? []);
    expect(limits.length).toBe(7);
    for (const limit of limits) expect(limit).toBeGreaterThan(RECEIVES_BEFORE_PARKING);
  });

  it('deliver every event to every subscriber, raw and unfiltered, because one rendition is published', () => {
    const channels = new Set(queues().map(([id]) => id));
    const subscriptions = ofType(stage, 'AWS::SNS::Subscription').filter(
      ([id, { Properties }]) => Properties.Protocol === 'sqs' && channels.has(idOf(stage, id, Properties.Endpoint)),
    );
    expect(subscriptions.length).toBe(3);
    for (const [, { Properties }] of subscriptions) {
      expect(Properties.RawMessageDelivery).toBe(true);
      expect(Properties.FilterPolicy).toBeUndefined();
    }
  });

  it('start the relay at the oldest record, and retry a record only three times, because the sweep then publishes the rows without the stream', () => {
    const [relay] = mappings().filter(([, { Properties }]) => Properties.StartingPosition);
    expect(relay?.[1].Properties).toMatchObject({ StartingPosition: 'TRIM_HORIZON', MaximumRetryAttempts: 3 });
  });

  it("encrypt tables with the stage's own key, or with DynamoDB's free key", () => {
    for (const [, { Properties }] of ofType(stage, 'AWS::DynamoDB::GlobalTable')) {
      const [replica] = Properties.Replicas;
      expect([Properties.SSESpecification.SSEEnabled, replica.SSESpecification !== undefined]).toEqual(
        stage === 'prod' ? [true, true] : [false, false],
      );
    }
  });

  it('create the routes of an API one after the other, and all integrations before the last route', () => {
    const routes = ofType(stage, 'AWS::ApiGatewayV2::Route');
    for (const file of new Set(routes.map(([id]) => id.split('/')[0]))) {
      const ownRoutes = new Set(routes.flatMap(([id]) => (id.startsWith(`${file}/`) ? [id] : [])));
      const awaited = routes.flatMap(([id, { DependsOn = [] }]) =>
        ownRoutes.has(id)
          ? [DependsOn].flat().flatMap((other) => (ownRoutes.has(`${file}/${other}`) ? [`${file}/${other}`] : []))
          : [],
      );
      // Exactly one other route depends on each route except the last, so the routes form one chain.
      expect([awaited.length, new Set(awaited).size]).toEqual([ownRoutes.size - 1, ownRoutes.size - 1]);
      const [last = ''] = [...ownRoutes].filter((id) => !awaited.includes(id));
      const integrations = ofType(stage, 'AWS::ApiGatewayV2::Integration').flatMap(([id]) =>
        id.startsWith(`${file}/`) ? [id] : [],
      );
      const before = neededBy(stage, last);
      expect([...ownRoutes, ...integrations].filter((id) => !before.has(id))).toEqual([]);
    }
  });

  it('run every function on arm64 and Node.js 24, in a log group with a retention period', () => {
    for (const [, { Properties }] of functions()) {
      expect(Properties).toMatchObject({ Architectures: ['arm64'], Runtime: 'nodejs24.x' });
    }
    // In prod, one more function receives SMS events of AWS.
    expect(functions().size).toBe(stage === 'dev' ? 35 : 36);
    // One more log group belongs to the API.
    expect(ofType(stage, 'AWS::Logs::LogGroup').length).toBe(functions().size + 1);
    for (const [, { Properties }] of ofType(stage, 'AWS::Logs::LogGroup'))
      expect(Properties.RetentionInDays).toBeGreaterThan(0);
  });

  it('bundle the metadata of phone types only with functions that register members', () => {
    const known = readdirSync(inject('dev'))
      .filter((name) => name.startsWith('asset.') && existsSync(join(inject('dev'), name, 'index.mjs')))
      .filter((name) => readFileSync(join(inject('dev'), name, 'index.mjs'), 'utf8').includes('a premium-rate number'))
      .map((name) => name.replace('asset.', ''));
    const functions = ofType('dev', 'AWS::Lambda::Function').filter(([, { Properties }]) =>
      known.some((hash) => Properties.Code.S3Key?.startsWith(hash)),
    );
    expect(functions.map(([, { Properties }]) => Properties.FunctionName).toSorted()).toEqual([
      'rollcall-dev-registration-register',
      'rollcall-dev-registration-rpc',
    ]);
  });

  it('deploy registration after every subscriber, because a subscriber does not get earlier events', () => {
    const { artifacts } = JSON.parse(readFileSync(join(inject(stage), 'manifest.json'), 'utf8'));
    const before = artifacts[`rollcall-${stage}-registration`].dependencies;
    for (const service of ['foundation', 'sms', 'points', 'guide'])
      expect(before).toContain(`rollcall-${stage}-${service}`);
  });

  it('log the caller and the outcome of every request, but neither path nor address', () => {
    const [stage] = ofType('dev', 'AWS::ApiGatewayV2::Stage');
    const format = JSON.parse(stage?.[1].Properties.AccessLogSettings.Format);
    expect(format).toMatchObject({
      subject: '$context.authorizer.claims.sub',
      userArn: '$context.identity.userArn',
      requestId: '$context.requestId',
      route: '$context.routeKey',
      status: '$context.status',
    });
    expect(JSON.stringify(format)).not.toMatch(/\.path|sourceIp|userAgent/);
  });

  it('let CloudWatch publish alarms, and have no defaults for addresses and the token issuer', () => {
    const statements = ofType(stage, 'AWS::SNS::TopicPolicy').flatMap(
      ([, { Properties }]) => Properties.PolicyDocument.Statement,
    );
    expect(statements).toContainEqual(
      expect.objectContaining({
        Effect: 'Allow',
        Action: 'sns:Publish',
        Principal: { Service: 'cloudwatch.amazonaws.com' },
      }),
    );
    const required = Object.entries(parametersOf(stage)).filter(([, { Default }]) => Default === undefined);
    expect(required.map(([name]) => name).toSorted()).toEqual(
      stage === 'dev' ? ['SmsGatewayUrl', 'TokenIssuer'] : ['AlarmEmail', 'SmsOriginationIdentity', 'TokenIssuer'],
    );
  });

  it('divide the limit of waiting requests among all routes that wait', () => {
    const rates = waitingRates(stage);
    expect(rates.map(({ key }) => key).toSorted()).toEqual([
      'GET /v1/operations/{id}',
      `POST ${rpcWatch.path}`,
      'POST /v1/members/{id}/redemptions',
    ]);
    const { waitsPerSecond } = stageNamed(stage).throttling;
    const together = rates.reduce((sum, { rate }) => sum + rate, 0);
    expect(together).toBeLessThanOrEqual(waitsPerSecond);
    expect(together).toBeGreaterThan(waitsPerSecond - rates.length);
  });

  it('watch age, depth and dead letters of every consumer', () => {
    const alarms = ofType(stage, 'AWS::CloudWatch::Alarm').map(([, { Properties }]) => Properties);
    const count = (metric: string) => alarms.filter(({ MetricName }) => MetricName === metric).length;
    // One more alarm watches the queue for SMS events of AWS.
    const more = stage === 'dev' ? 0 : 1;
    expect(count('ApproximateAgeOfOldestMessage')).toBe(7 + more);
    expect(count('ApproximateNumberOfMessagesVisible')).toBe(7 + more);
    const givenUp = alarms.filter(({ Metrics }) =>
      Metrics?.some(({ Expression }: any) => Expression === 'visible + hidden'),
    );
    expect(givenUp.length).toBe(10);
    expect(count('LeftInOutbox')).toBe(1);
    const parked = alarms.filter(({ MetricName }) => MetricName === 'ParkedForPerson');
    expect(parked.map(({ Namespace, Dimensions }) => [Namespace, Dimensions[0].Value]).toSorted()).toEqual(
      [
        'guide',
        'points',
        'points-commands',
        'registration-outcomes',
        'registration-replies',
        'sms',
        'sms-commands',
      ].map((service) => [`Rollcall/${stage}`, service]),
    );
    expect(count('Errors')).toBe(8);
    expect(count('IteratorAge')).toBe(1);
    for (const alarm of alarms) expect(alarm.AlarmActions?.length).toBe(1);
  });
});

/** The resources on which a resource of a template depends, and the resource itself, as template and logical ID. */
function neededBy(stage: 'dev' | 'prod', id: string): Set<string> {
  const [file = ''] = id.split('/');
  const inTemplate = new Map(resourcesOf(stage).filter(([each]) => each.startsWith(`${file}/`)));
  const found = new Set<string>();
  const add = (one: string) => {
    const resource = inTemplate.get(one);
    if (!resource || found.has(one)) return;
    found.add(one);
    for (const other of [resource.DependsOn ?? []].flat()) add(`${file}/${other}`);
    const references = JSON.stringify(resource.Properties ?? {}).matchAll(/"(?:Ref|Fn::GetAtt)":\[?"([^"]+)"/g);
    for (const [, other] of references) add(`${file}/${other}`);
  };
  add(id);
  return found;
}

describe.each(['dev', 'prod'] as const)('the topic with an archive, of %s', (stage) => {
  const archived = () => ofType(stage, 'AWS::SNS::Topic').filter(([, { Properties }]) => Properties.ArchivePolicy);

  it('is created after all other resources of its stack, because its creation cannot be rolled back', () => {
    const [[topic] = ['']] = archived();
    const [file = ''] = topic.split('/');
    const before = neededBy(stage, topic);
    // The topic's own parts are created after the topic: the policy, the entry in the directory, and the custom
    // resource that removes the archive.
    const ownPrefix = topic.slice(0, -'01234567'.length);
    const others = resourcesOf(stage).flatMap(([id]) =>
      id.startsWith(`${file}/`) && !id.startsWith(ownPrefix) ? [id] : [],
    );
    expect(others.filter((id) => !before.has(id))).toEqual([]);
    expect(ofType(stage, 'AWS::ApiGatewayV2::Authorizer').every(([id]) => before.has(id))).toBe(true);
  });

  it('is retained with its policy if the stage keeps data and the creation succeeded; otherwise the archive is deactivated before the topic is deleted', () => {
    expect(archived().length).toBe(1);
    const [[topic, { DeletionPolicy }] = ['', { DeletionPolicy: '' }]] = archived();
    const removals = ofType(stage, 'Custom::AWS').filter(([, { Properties }]) =>
      JSON.stringify(Properties.Delete).includes(
        '\\"AttributeName\\":\\"ArchivePolicy\\",\\"AttributeValue\\":\\"{}\\"',
      ),
    );
    const policies = ofType(stage, 'AWS::SNS::TopicPolicy').filter(([id]) => neededBy(stage, id).has(topic));
    expect([DeletionPolicy, ...[...policies, ...removals].map(([, resource]) => resource.DeletionPolicy)]).toEqual(
      Array.from({ length: 3 }, () => (stage === 'dev' ? 'Delete' : 'RetainExceptOnCreate')),
    );
    // CloudFormation deletes the custom resource before the resources on which it depends: the topic, and the
    // permission of the function that deactivates the archive.
    for (const [id] of removals) {
      const before = neededBy(stage, id);
      expect(before).toContain(topic);
      expect([...before].some((one) => one.includes('Policy'))).toBe(true);
    }
  });
});

/** Names that must be unique only within their namespace, API, role or metric namespace. */
const INNER = [
  'AWS::ServiceDiscovery::Service.Name',
  'AWS::ApiGatewayV2::Authorizer.Name',
  'AWS::ApiGatewayV2::Stage.StageName',
  'AWS::IAM::Policy.PolicyName',
  'AWS::CloudWatch::Alarm.MetricName',
];

/** The names that a stage uses in an account and region. */
const namesOf = (stage: 'dev' | 'prod'): string[] => [
  ...exportsOf(stage).keys(),
  ...resourcesOf(stage).flatMap(([, { Type, Properties = {} }]) =>
    Object.entries(Properties).flatMap(([property, value]) =>
      property.endsWith('Name') && typeof value === 'string' && !INNER.includes(`${Type}.${property}`)
        ? `${Type} ${value}`
        : [],
    ),
  ),
];

describe('dev and prod', () => {
  it('share no name, so that both can be in one account and region', () => {
    const prod = new Set(namesOf('prod'));
    expect(prod.size).toBeGreaterThan(200);
    expect(namesOf('dev').filter((name) => prod.has(name))).toEqual([]);
  });
});

describe('dev', () => {
  it('can be deleted, including its tables', () => {
    for (const [, { Properties, DeletionPolicy }] of ofType('dev', 'AWS::DynamoDB::GlobalTable')) {
      expect([Properties.Replicas[0].DeletionProtectionEnabled, DeletionPolicy]).toEqual([false, 'Delete']);
    }
  });
});

describe('prod', () => {
  it('keeps its key when its stack is deleted, but not after a failed first deployment', () => {
    const keys = ofType('prod', 'AWS::KMS::Key').map(([, { DeletionPolicy }]) => DeletionPolicy);
    expect(keys).toEqual(['RetainExceptOnCreate']);
  });

  it('can recover every table, and keeps it when its stack is deleted', () => {
    const tables = ofType('prod', 'AWS::DynamoDB::GlobalTable');
    expect(tables.length).toBe(14);
    for (const [, { Properties, DeletionPolicy }] of tables) {
      const [replica] = Properties.Replicas;
      expect(replica.PointInTimeRecoverySpecification.PointInTimeRecoveryEnabled).toBe(true);
      expect(DeletionPolicy).toBe('RetainExceptOnCreate');
      expect(replica.DeletionProtectionEnabled).toBe(true);
    }
  });

  it('lets Lambda itself log only warnings and errors', () => {
    // Other functions run only during deployments.
    const ours = ofType('prod', 'AWS::Lambda::Function').filter(
      ([, { Properties }]) => Properties.Environment?.Variables?.POWERTOOLS_METRICS_NAMESPACE,
    );
    expect(ours.length).toBeGreaterThan(20);
    for (const [, { Properties }] of ours) {
      expect(Properties.LoggingConfig).toMatchObject({ LogFormat: 'JSON', SystemLogLevel: 'WARN' });
    }
  });

  it('limits waiting requests to two thirds of the concurrency of an account', () => {
    const rates = waitingRates('prod');
    const waiting = rates.map(({ rate, burst }) => rate * MAX_WAIT_SECONDS + burst);
    // By default, an account has a concurrency of 1,000 (https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html).
    expect(waiting.reduce((sum, one) => sum + one, 0)).toBeLessThanOrEqual((1_000 * 2) / 3);
  });
});

describe('stages', () => {
  it('are listed in the error for an unknown stage', () => {
    expect(() => stageNamed('production')).toThrow('There is no stage "production"; there are: dev, prod, localstack.');
  });
});
