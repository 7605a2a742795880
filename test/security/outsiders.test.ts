import { EventTopic } from '@rollcall/cdk/internal/event-topic';
import {
  decide,
  type PolicyDocument,
  type Principal,
  type Statement,
  statementsOf,
} from '@rollcall/local/internal/iam/policy';
import { readAssembly } from '@rollcall/local/internal/template/assembly';
import { deploy } from '@rollcall/local/internal/template/deployment';
import type { Deployed, ResourceProvider } from '@rollcall/local/internal/template/resource';
import {
  App,
  DefaultStackSynthesizer,
  type IStackSynthesizer,
  LegacyStackSynthesizer,
  Stack,
  type StackSynthesizer,
} from 'aws-cdk-lib';
import { describe, expect, inject, it } from 'vitest';
import { stageNamed } from '../../infra/stages.ts';

const ACCOUNT = '000000000000';
const REGION = 'us-east-1';
const STAGES = ['dev', 'prod'] as const;

/** The actions on a queue, without ListQueues (https://docs.aws.amazon.com/service-authorization/latest/reference/list_sqs.html). */
const ON_QUEUES = [
  ...['AddPermission', 'CancelMessageMoveTask', 'ChangeMessageVisibility', 'CreateQueue', 'DeleteMessage'],
  ...['DeleteQueue', 'GetQueueAttributes', 'GetQueueUrl', 'ListDeadLetterSourceQueues', 'ListMessageMoveTasks'],
  ...['ListQueueTags', 'PurgeQueue', 'ReceiveMessage', 'RemovePermission', 'SendMessage', 'SetQueueAttributes'],
  ...['StartMessageMoveTask', 'TagQueue', 'UntagQueue'],
].map((name) => `sqs:${name}`);

/** The actions on a topic (https://docs.aws.amazon.com/service-authorization/latest/reference/list_sns.html). */
const ON_TOPICS = [
  ...['AddPermission', 'ConfirmSubscription', 'CreateTopic', 'DeleteTopic', 'GetDataProtectionPolicy'],
  ...['GetSubscriptionAttributes', 'GetTopicAttributes', 'ListSubscriptionsByTopic', 'ListTagsForResource', 'Publish'],
  ...['PutDataProtectionPolicy', 'RemovePermission', 'SetSubscriptionAttributes', 'SetTopicAttributes', 'Subscribe'],
  ...['TagResource', 'Unsubscribe', 'UntagResource'],
].map((name) => `sns:${name}`);

/**
 * The actions on a topic that SNS refuses in the policy of a topic
 * (https://docs.aws.amazon.com/sns/latest/dg/sns-access-policy-language-api-permissions-reference.html).
 */
const IN_NO_TOPIC_POLICY = [
  ...['sns:ConfirmSubscription', 'sns:CreateTopic', 'sns:GetSubscriptionAttributes', 'sns:SetSubscriptionAttributes'],
  ...['sns:TagResource', 'sns:Unsubscribe', 'sns:UntagResource'],
];

interface Policies {
  /** The policies of queues and topics, by ARN. */
  resources: Map<string, Statement[]>;
  /** The policies of roles, by name. */
  roles: Map<string, Statement[]>;
  /** The properties of queues, by ARN. */
  queues: Map<string, Record<string, unknown>>;
}

/** Reads the policies of queues, topics and roles from a stage's templates, without a deployment. */
async function policiesOf(stage: (typeof STAGES)[number]): Promise<Policies> {
  const assembly = readAssembly(inject(stage));
  const resources = new Map<string, Statement[]>();
  const roles = new Map<string, Statement[]>();
  const queues: Policies['queues'] = new Map();
  const add = (policies: Map<string, Statement[]>, to: string, document: unknown) =>
    policies.set(to, [...(policies.get(to) ?? []), ...statementsOf(document as PolicyDocument)]);
  const named = (service: string, name: unknown): Deployed => {
    const Arn = `arn:aws:${service}:${REGION}:${ACCOUNT}:${name}`;
    return { ref: Arn, attributes: { Arn, TopicArn: Arn, QueueName: String(name) } };
  };
  const anything: ResourceProvider = async ({ logicalId }) => ({
    ref: logicalId,
    attributes: new Proxy({}, { get: (_, name) => `${logicalId}.${String(name)}` }),
  });
  const types = assembly.stacks.flatMap(({ template }) => Object.values(template.Resources).map(({ Type }) => Type));
  await deploy(assembly, {
    region: REGION,
    accountId: ACCOUNT,
    ignored: new Set(),
    parameters: new Proxy({}, { get: (_, name) => String(name) }),
    providers: {
      ...Object.fromEntries(types.map((type) => [type, anything])),
      'AWS::SQS::Queue': async ({ properties }) => {
        const queue = named('sqs', properties.QueueName);
        queues.set(queue.ref, properties);
        return queue;
      },
      'AWS::SNS::Topic': async ({ properties: { TopicName } }) => named('sns', TopicName),
      'AWS::SQS::QueuePolicy': async ({ logicalId, properties: { Queues, PolicyDocument } }) => {
        for (const queue of Queues as string[]) add(resources, queue, PolicyDocument);
        return { ref: logicalId };
      },
      'AWS::SNS::TopicPolicy': async ({ logicalId, properties: { Topics, PolicyDocument } }) => {
        for (const topic of Topics as string[]) add(resources, topic, PolicyDocument);
        return { ref: logicalId };
      },
      'AWS::IAM::Role': async ({ properties: { RoleName, Policies = [] } }) => {
        for (const { PolicyDocument } of Policies as Array<{ PolicyDocument: unknown }>)
          add(roles, String(RoleName), PolicyDocument);
        return { ref: String(RoleName), attributes: { Arn: `arn:aws:iam::${ACCOUNT}:role/${RoleName}` } };
      },
      'AWS::IAM::Policy': async ({ logicalId, properties: { Roles, PolicyDocument } }) => {
        for (const role of Roles as string[]) add(roles, role, PolicyDocument);
        return { ref: logicalId };
      },
    },
  });
  return { resources, roles, queues };
}

const EVERYTHING: Statement[] = [{ Effect: 'Allow', Action: '*', Resource: '*' }];
const iam = (name: string) => ({ role: `arn:aws:iam::${ACCOUNT}:${name}` });

describe.each(STAGES)('queues and topic of %s', async (stage) => {
  const { resources, roles, queues: properties } = await policiesOf(stage);
  const other = stage === 'dev' ? 'prod' : 'dev';
  const topic = `arn:aws:sns:${REGION}:${ACCOUNT}:rollcall-${stage}-member-events.fifo`;
  const alarms = `arn:aws:sns:${REGION}:${ACCOUNT}:rollcall-${stage}-alarms`;
  const queues = [...resources.keys()].filter((arn) => arn.startsWith('arn:aws:sqs:'));
  /** Whether a principal may perform an action on a resource if the principal's own policies allow everything. */
  const may = (principal: Principal, action: string, resource: string, context = {}) =>
    decide({ principal, action, resource, context }, EVERYTHING, resources.get(resource)).allowed;
  const allowed = (principal: Principal, context = {}) => [
    ...queues.flatMap((queue) => ON_QUEUES.filter((action) => may(principal, action, queue, context))),
    ...ON_TOPICS.filter((action) => may(principal, action, topic, context)),
  ];

  it.each([
    ['a role', iam('role/other-team')],
    ['a role of the other stage', iam(`role/rollcall-${other}-operator`)],
    ['a role with a path and the name of a role of the stage', iam(`role/teams/rollcall-${stage}-operator`)],
    ['a user with a name like a role of the stage', iam(`user/rollcall-${stage}-operator`)],
    ['an administrator', iam('role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_AdministratorAccess_0')],
    ["CDK's role that publishes assets", iam(`role/cdk-hnb659fds-file-publishing-role-${ACCOUNT}-${REGION}`)],
    ['an execution role of another region', iam(`role/cdk-hnb659fds-cfn-exec-role-${ACCOUNT}-eu-west-1`)],
  ])(
    "deny %s of the account every action that a resource policy can deny, even if the principal's own policies allow everything",
    (_, principal) => {
      expect(queues).toHaveLength(stage === 'prod' ? 19 : 17);
      expect(allowed(principal)).toEqual(IN_NO_TOPIC_POLICY);
      // The same holds for calls through CloudFormation.
      const byCloudFormation = { 'aws:CalledVia': 'cloudformation.amazonaws.com', 'aws:ViaAWSService': 'true' };
      expect(allowed(principal, byCloudFormation)).toEqual(IN_NO_TOPIC_POLICY);
    },
  );

  it.each([
    ['roles that are named like those of the stage', iam(`role/rollcall-${stage}-operator`)],
    ['the deployment', iam(`role/cdk-hnb659fds-cfn-exec-role-${ACCOUNT}-${REGION}`)],
    ["the account's root, which must be able to repair a policy", iam('root')],
  ])('allow %s whatever their own policies allow, over TLS', (_, principal) => {
    expect(allowed(principal)).toEqual([...queues.flatMap(() => ON_QUEUES), ...ON_TOPICS]);
    const withoutTls = { 'aws:SecureTransport': 'false' };
    for (const queue of queues) expect(may(principal, 'sqs:SendMessage', queue, withoutTls)).toBe(false);
    expect(may(principal, 'sns:Publish', topic, withoutTls)).toBe(false);
  });

  it('allow every grant of every function of the stage', () => {
    const granted = [...roles].flatMap(([name, statements]) =>
      statements.flatMap(({ Action, Resource }) =>
        [Resource ?? []]
          .flat()
          .filter((resource) => resources.has(resource))
          .flatMap((resource) => [Action].flat().map((action) => ({ name, statements, action, resource }))),
      ),
    );
    expect(granted.length).toBeGreaterThan(50);
    for (const { name, statements, action, resource } of granted) {
      const request = { principal: iam(`role/${name}`), action, resource };
      expect(decide(request, statements, resources.get(resource)), `${name} ${action}`).toMatchObject({
        allowed: true,
      });
    }
  });

  it("let SNS deliver the stage's own topic", () => {
    const receiving = queues.filter(
      (queue) =>
        decide(
          {
            principal: { service: 'sns.amazonaws.com' },
            action: 'sqs:SendMessage',
            resource: queue,
            context: { 'aws:SourceArn': topic },
          },
          [],
          resources.get(queue),
        ).allowed,
    );
    // Each of the three subscribers has a queue, and a second queue for undeliverable messages.
    expect(receiving).toHaveLength(6);
  });

  it('accept dead letters only from their own source queue, because SQS moves dead letters without a permission to send', () => {
    for (const [queue, { RedriveAllowPolicy }] of properties) {
      const sources = [...properties].filter(
        ([, { RedrivePolicy }]) => (RedrivePolicy as { deadLetterTargetArn: string })?.deadLetterTargetArn === queue,
      );
      expect(RedriveAllowPolicy, queue).toEqual(
        /-dlq(\.fifo)?$/.test(queue)
          ? { redrivePermission: 'byQueue', sourceQueueArns: sources.map(([source]) => source) }
          : { redrivePermission: 'denyAll' },
      );
      expect(sources).toHaveLength(/-dlq(\.fifo)?$/.test(queue) ? 1 : 0);
    }
  });

  it('have policies that SNS and SQS accept', () => {
    const named = [topic, alarms].flatMap((arn) => resources.get(arn) ?? []).flatMap(({ Action }) => Action);
    expect(named.filter((action) => !ON_TOPICS.includes(action) || IN_NO_TOPIC_POLICY.includes(action))).toEqual([]);
    // An Amazon SQS policy can have a maximum of seven actions per statement
    // (https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_AddPermission.html).
    for (const queue of queues)
      for (const { Action } of resources.get(queue) ?? []) expect([Action].flat().length).toBeLessThanOrEqual(7);
  });

  it("let other principals of the account subscribe to the alarms' topic, but neither publish alarms to it nor silence alarms through it", () => {
    const stranger = iam('role/other-team');
    expect(ON_TOPICS.filter((action) => may(stranger, action, alarms))).toEqual([
      ...['sns:ConfirmSubscription', 'sns:CreateTopic', 'sns:GetDataProtectionPolicy', 'sns:GetSubscriptionAttributes'],
      ...['sns:GetTopicAttributes', 'sns:ListSubscriptionsByTopic', 'sns:ListTagsForResource'],
      ...['sns:SetSubscriptionAttributes', 'sns:Subscribe', 'sns:TagResource', 'sns:Unsubscribe', 'sns:UntagResource'],
    ]);
  });
});

describe('the deployer', () => {
  const policyWith = (synthesizer: StackSynthesizer) => {
    const app = new App({ treeMetadata: false });
    // CDK's own types do not fit one another under exactOptionalPropertyTypes.
    const stack = new Stack(app, 'stack', { synthesizer: synthesizer as IStackSynthesizer });
    new EventTopic(stack, 'Topic', { stage: stageNamed('dev'), name: 'topic' });
    return JSON.stringify(app.synth().getStackByName('stack').template);
  };

  it("is recognized by the role names of the account's bootstrap", () => {
    expect(policyWith(new DefaultStackSynthesizer({ qualifier: 'ours' }))).toContain('cdk-ours-cfn-exec-role-');
    expect(policyWith(new DefaultStackSynthesizer({ cloudFormationExecutionRole: 'arn:aws:iam::1:role/x' }))).toContain(
      'arn:aws:iam::1:role/x',
    );
  });

  it('must be known, because the next deployment would otherwise be denied', () => {
    expect(() => policyWith(new LegacyStackSynthesizer())).toThrow('no execution role');
  });
});
