import type { AssembledStack } from '@rollcall/local/internal/template/assembly';
import { describe, expect, it } from 'vitest';
import { stageNamed } from '../../infra/stages.ts';
import type { Account, DeployedStack } from '../../ops/deploy/account.ts';
import type { Finding, Plan } from '../../ops/deploy/finding.ts';
import { preflight } from '../../ops/deploy/preflight.ts';

const IDENTITY = 'arn:aws:sms-voice:eu-central-1:000000000000:pool/pool-1';
const ISSUER = 'https://login.example.com';

const planned: AssembledStack[] = [
  {
    name: 'rollcall-prod-foundation',
    template: {
      Parameters: {
        TokenIssuer: { Type: 'String', Description: 'The issuer of the tokens.' },
        BootstrapVersion: { Type: 'String', Default: '/cdk-bootstrap/hnb659fds/version' },
      },
      Resources: {
        Members: {
          Type: 'AWS::DynamoDB::GlobalTable',
          Properties: { TableName: 'rollcall-prod-members' },
          DeletionPolicy: 'RetainExceptOnCreate',
        },
      },
    },
  },
  {
    name: 'rollcall-prod-sms',
    template: {
      Parameters: { SmsOriginationIdentity: { Type: 'String', AllowedPattern: '^arn:[^:]+:sms-voice:.+$' } },
      Resources: {
        Twilio: { Type: 'AWS::SecretsManager::Secret', Properties: { Name: 'rollcall-prod-twilio' } },
      },
    },
  },
  {
    name: 'rollcall-prod-points',
    template: {
      Resources: {
        Source: { Type: 'AWS::Lambda::EventSourceMapping', Properties: { ScalingConfig: { MaximumConcurrency: 50 } } },
      },
    },
  },
];
const plan: Plan = {
  stage: stageNamed('prod'),
  planned,
  parameters: {
    'rollcall-prod-foundation': { TokenIssuer: ISSUER },
    'rollcall-prod-sms': { SmsOriginationIdentity: IDENTITY },
  },
  importsExisting: false,
};

/** A stack with the alias of a function. A deployment shifts the traffic if `alias` contains an `UpdatePolicy`. */
const shifting = (alias: object): AssembledStack => {
  const AlarmConfiguration = { Enabled: true, Alarms: [{ Name: 'rollcall-prod-late' }] };
  const Group = { Type: 'AWS::CodeDeploy::DeploymentGroup', Properties: { AlarmConfiguration } };
  const Live = { Type: 'AWS::Lambda::Alias', Properties: {}, ...alias };
  return { name: 'rollcall-prod-guide', template: { Resources: { Group, Live } } };
};

/** An account that meets all requirements, without any deployment. */
const ready: Account = {
  identity: async () => ({ account: '000000000000', region: 'eu-central-1' }),
  bootstrapVersion: async () => 30,
  stack: async () => undefined,
  namesOf: async () => [],
  concurrentExecutions: async () => 1_000,
  messagesPerSecond: async () => 3_000,
  isSmsSandbox: async () => false,
  statusOfIdentity: async () => 'ACTIVE',
  raisedAlarms: async () => [],
};

const discovery = (document: object, status = 200) => (async () => Response.json(document, { status })) as typeof fetch;
const goodIssuer = discovery({ issuer: ISSUER, jwks_uri: `${ISSUER}/keys` });

async function findingsFor(
  account: Partial<Account> = {},
  more: Partial<Plan> = {},
  fetched = goodIssuer,
): Promise<Finding[]> {
  return (await preflight({ ...plan, ...more }, { ...ready, ...account }, fetched)).filter(
    ({ state }) => state !== 'good',
  );
}

const stack = (more: Partial<DeployedStack>): DeployedStack => ({
  status: 'UPDATE_COMPLETE',
  parameters: {},
  template: { Resources: {} },
  ...more,
});

describe('before a deployment', () => {
  it('there are no findings if the account meets all requirements', async () => {
    expect(await findingsFor()).toEqual([]);
  });

  it('a raised alarm does not prevent a deployment without traffic shifting', async () => {
    const raised = { raisedAlarms: async () => ['rollcall-prod-late'] };
    expect(await findingsFor(raised, { planned: [...planned, shifting({})] })).toEqual([]);
  });

  it.each<[string, Partial<Account>, Partial<Plan>, Partial<Finding>]>([
    [
      'no region',
      { identity: () => Promise.reject(new Error('Region is missing')) },
      {},
      { check: 'credentials', mend: expect.stringContaining('export AWS_REGION=') },
    ],
    [
      'no credentials',
      { identity: () => Promise.reject(new Error('Could not load credentials from any providers')) },
      {},
      { check: 'credentials', mend: expect.stringContaining('aws sso login') },
    ],
    [
      "an account without CDK's bootstrap",
      { bootstrapVersion: async () => undefined },
      {},
      { check: 'bootstrap', mend: 'npx cdk bootstrap aws://000000000000/eu-central-1' },
    ],
    [
      'an outdated bootstrap',
      { bootstrapVersion: async () => 5 },
      {},
      { check: 'bootstrap', says: expect.stringContaining('version 5, but 6 is required') },
    ],
    [
      'a parameter without a value',
      {},
      { parameters: { 'rollcall-prod-sms': { SmsOriginationIdentity: IDENTITY } } },
      {
        check: 'parameters',
        says: 'TokenIssuer: The issuer of the tokens.',
        mend: 'npm run deploy -- … --parameters rollcall-prod-foundation:TokenIssuer=…',
      },
    ],
    [
      'a stack whose first deployment failed',
      {
        stack: async (name) =>
          name === 'rollcall-prod-foundation' ? stack({ status: 'ROLLBACK_COMPLETE' }) : undefined,
      },
      {},
      { check: 'stacks', mend: 'aws cloudformation delete-stack --stack-name rollcall-prod-foundation' },
    ],
    [
      'a stack whose rollback failed',
      {
        stack: async (name) =>
          name === 'rollcall-prod-points' ? stack({ status: 'UPDATE_ROLLBACK_FAILED' }) : undefined,
      },
      {},
      { check: 'stacks', mend: 'aws cloudformation continue-update-rollback --stack-name rollcall-prod-points' },
    ],
    [
      'a name that an earlier stage has taken',
      { namesOf: async () => ['rollcall-prod-members'] },
      {},
      {
        check: 'names',
        says: expect.stringContaining('rollcall-prod-members'),
        mend: 'npm run deploy -- … --import-existing-resources',
      },
    ],
    [
      'a secret name that an earlier stage has taken',
      {
        namesOf: async () => ['rollcall-prod-twilio'],
      },
      { importsExisting: true },
      { check: 'names', mend: expect.stringContaining('docs/runbook.md#a-name-that-is-taken') },
    ],
    [
      'a value that CloudFormation refuses for a parameter',
      {},
      { parameters: { ...plan.parameters, 'rollcall-prod-sms': { SmsOriginationIdentity: '+34612345678' } } },
      { check: 'parameters', says: expect.stringContaining('+34612345678 is refused') },
    ],
    [
      'an unknown parameter',
      {},
      { parameters: { ...plan.parameters, 'rollcall-dev-foundation': { TokenIssuer: ISSUER } } },
      { check: 'parameters', says: expect.stringContaining('No stack rollcall-dev-foundation of stage prod has') },
    ],
    [
      'a missing permission to read the deployed stacks',
      {
        stack: () =>
          Promise.reject(
            Object.assign(new Error('User: u is not authorized to perform: cloudformation:DescribeStacks on x'), {
              name: 'AccessDenied',
            }),
          ),
      },
      {},
      { check: 'stacks', mend: 'allow your user or role to call cloudformation:DescribeStacks on *' },
    ],
    [
      'a raised alarm that would cause a rollback',
      { raisedAlarms: async () => ['rollcall-prod-late', 'of-others'] },
      { planned: [...planned, shifting({ UpdatePolicy: {} })] },
      {
        check: 'alarms',
        says: expect.stringMatching(/^These alarms are raised: rollcall-prod-late\./),
        mend: 'npm run deploy -- -c stage=prod -c shifting=off',
      },
    ],
    [
      'an unknown SMS identity',
      { statusOfIdentity: async () => undefined },
      {},
      { check: 'SMS', mend: 'aws pinpoint-sms-voice-v2 describe-pools' },
    ],
    [
      'an SMS identity in another region',
      {},
      {
        parameters: {
          ...plan.parameters,
          'rollcall-prod-sms': { SmsOriginationIdentity: IDENTITY.replace('central', 'west') },
        },
      },
      { check: 'SMS', says: expect.stringContaining('is in eu-west-1, but SMS are sent from eu-central-1') },
    ],
  ])('%s is reported with state `missing`', async (_, account, more, expected) => {
    expect(await findingsFor(account, more)).toEqual([expect.objectContaining({ ...expected, state: 'missing' })]);
  });

  it.each([
    ['DELETE_FAILED', 'delete-stack'],
    // The command is not `delete-stack`, because that would delete the data of the stack.
    ['UPDATE_FAILED', 'rollback-stack'],
    ['CREATE_FAILED', 'rollback-stack'],
    ['UPDATE_IN_PROGRESS', 'describe-stack-events'],
  ])('a stack that is %s is reported with the command %s', async (status, command) => {
    const account = {
      stack: async (name: string) => (name === 'rollcall-prod-points' ? stack({ status }) : undefined),
    };
    expect(await findingsFor(account)).toEqual([
      expect.objectContaining({
        check: 'stacks',
        state: 'missing',
        mend: `aws cloudformation ${command} --stack-name rollcall-prod-points`,
      }),
    ]);
  });

  it.each(['UPDATE_ROLLBACK_COMPLETE', 'UPDATE_COMPLETE_CLEANUP_IN_PROGRESS', 'IMPORT_COMPLETE'])(
    'a stack that is %s is not reported',
    async (status) => {
      expect(await findingsFor({ stack: async () => stack({ status }) })).toEqual([]);
    },
  );

  it('an existing resource that the deployment can import is not reported: its deletion policy is Retain', async () => {
    const account = { namesOf: async () => ['rollcall-prod-members'] };
    expect(await findingsFor(account, { importsExisting: true })).toEqual([]);
  });

  it('after a failed first deployment, the stack is reported, and the names of its resources are reported as taken', async () => {
    const failed = stack({ status: 'ROLLBACK_FAILED', template: planned[0]?.template ?? { Resources: {} } });
    const account = {
      stack: async (name: string) => (name === 'rollcall-prod-foundation' ? failed : undefined),
      namesOf: async () => ['rollcall-prod-members'],
    };
    expect((await findingsFor(account)).map(({ check }) => check)).toEqual(['stacks', 'names']);
  });

  it('parameters keep the values of the previous deployment, and names of the stack are not reported as taken', async () => {
    const account = {
      stack: async (name: string) =>
        stack({
          parameters: { TokenIssuer: ISSUER, SmsOriginationIdentity: IDENTITY },
          template: planned.find((one) => one.name === name)?.template ?? { Resources: {} },
        }),
      namesOf: async () => ['rollcall-prod-members', 'rollcall-prod-twilio'],
    };
    expect(await findingsFor(account, { parameters: {} })).toEqual([]);
  });

  it('a deletion of a resource with data is reported', async () => {
    const template = {
      Resources: { Old: { Type: 'AWS::SQS::Queue', Properties: { QueueName: 'rollcall-prod-old.fifo' } } },
    };
    const deployed = stack({ parameters: { TokenIssuer: ISSUER }, template });
    const account = { stack: async (name: string) => (name === 'rollcall-prod-foundation' ? deployed : undefined) };
    expect(await findingsFor(account)).toEqual([
      expect.objectContaining({
        check: 'changes',
        state: 'missing',
        says: expect.stringContaining('rollcall-prod-old.fifo'),
      }),
    ]);
  });

  it.each<[string, typeof fetch, string]>([
    ['is not found', discovery({}, 404), 'returns 404'],
    ['is another document', discovery({ hello: 1 }), 'is not an OpenID configuration'],
    [
      'belongs to another issuer',
      discovery({ issuer: 'https://other.example', jwks_uri: ISSUER }),
      'names https://other.example as its issuer',
    ],
    [
      'does not respond',
      (() => Promise.reject(new TypeError('fetch failed'))) as typeof fetch,
      'cannot be read: fetch failed',
    ],
  ])('a token issuer whose discovery %s is reported', async (_, fetched, says) => {
    expect(await findingsFor({}, {}, fetched)).toEqual([
      expect.objectContaining({ check: 'token issuer', state: 'missing', says: expect.stringContaining(says) }),
    ]);
  });

  it.each<[string, Partial<Account>, Partial<Finding>]>([
    [
      'a concurrency below the settings',
      { concurrentExecutions: async () => 10 },
      { check: 'concurrent functions', mend: expect.stringContaining('--quota-code L-B99A9384 --desired-value 1000') },
    ],
    [
      'a message rate below the settings',
      { messagesPerSecond: async () => 90 },
      { check: 'messages a second', mend: expect.stringContaining('--quota-code L-F8E2BA85 --desired-value 100') },
    ],
    ['an identity that is not active yet', { statusOfIdentity: async () => 'PENDING' }, { check: 'SMS' }],
    ['the SMS sandbox', { isSmsSandbox: async () => true }, { check: 'SMS', mend: expect.stringContaining('sandbox') }],
  ])('%s is reported as a warning', async (_, account, expected) => {
    expect(await findingsFor(account)).toEqual([expect.objectContaining({ ...expected, state: 'beware' })]);
  });

  it('a new table is reported if the stage would exceed its initial rate', async () => {
    const stage = { ...plan.stage, throttling: { ...plan.stage.throttling, registrationsPerSecond: 1_400 } };
    expect((await findingsFor({}, { stage })).map(({ check, state }) => [check, state])).toEqual([
      ['tables', 'beware'],
    ]);
    const account = { stack: async () => stack({}) };
    expect((await findingsFor(account, { stage })).map(({ check }) => check)).toEqual([]);
  });

  // The 3,600 replies to 900 registrations a second are in a standard queue, for which the quota does not apply.
  it.each([
    ['eu-central-1', 2_500, []],
    ['eu-west-3', 2_500, ['calls to a queue']],
    ['eu-west-3', 900, []],
  ])('a message rate above the quota of FIFO queues in the region is reported: %s, %i', async (region, rate, found) => {
    const stage = { ...plan.stage, throttling: { ...plan.stage.throttling, registrationsPerSecond: rate } };
    const account: Partial<Account> = {
      identity: async () => ({ account: '000000000000', region }),
      stack: async () => stack({}),
    };
    const more = { stage, parameters: { 'rollcall-prod-foundation': { TokenIssuer: ISSUER } } };
    const warnings = (await findingsFor(account, more)).filter(({ state }) => state === 'beware');
    expect(warnings.map(({ check }) => check)).toEqual(found);
  });

  it('a check that cannot run is reported, and the others run', async () => {
    const refused = () => Promise.reject(Object.assign(new Error('not authorized'), { name: 'AccessDeniedException' }));
    const findings = await findingsFor({
      concurrentExecutions: refused,
      isSmsSandbox: refused,
      messagesPerSecond: async () => undefined,
    });
    expect(findings.map(({ check, state }) => [check, state])).toEqual([
      ['concurrent functions', 'unknown'],
      ['messages a second', 'unknown'],
      ['SMS', 'unknown'],
    ]);
    expect(findings[0]?.says).toBe('The check failed: AccessDeniedException: not authorized');
  });
});
