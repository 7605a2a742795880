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
        TokenIssuer: { Type: 'String', Description: 'Whose tokens callers bring.' },
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

/** A stack with a function whose traffic is shifted, if its alias has a policy for that. */
const shifting = (alias: object): AssembledStack => {
  const AlarmConfiguration = { Enabled: true, Alarms: [{ Name: 'rollcall-prod-late' }] };
  const Group = { Type: 'AWS::CodeDeploy::DeploymentGroup', Properties: { AlarmConfiguration } };
  const Live = { Type: 'AWS::Lambda::Alias', Properties: {}, ...alias };
  return { name: 'rollcall-prod-guide', template: { Resources: { Group, Live } } };
};

/** An account that has everything, and into which nothing was deployed. */
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

async function found(
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
  it('nothing is missing where everything is there', async () => {
    expect(await found()).toEqual([]);
  });

  it('a raised alarm hinders nothing that is deployed at once', async () => {
    const raised = { raisedAlarms: async () => ['rollcall-prod-late'] };
    expect(await found(raised, { planned: [...planned, shifting({})] })).toEqual([]);
  });

  it.each<[string, Partial<Account>, Partial<Plan>, Partial<Finding>]>([
    [
      'a region',
      { identity: () => Promise.reject(new Error('Region is missing')) },
      {},
      { check: 'credentials', mend: expect.stringContaining('export AWS_REGION=') },
    ],
    [
      'credentials',
      { identity: () => Promise.reject(new Error('Could not load credentials from any providers')) },
      {},
      { check: 'credentials', mend: expect.stringContaining('aws sso login') },
    ],
    [
      "CDK's bootstrap",
      { bootstrapVersion: async () => undefined },
      {},
      { check: 'bootstrap', mend: 'npx cdk bootstrap aws://000000000000/eu-central-1' },
    ],
    [
      'a bootstrap that is new enough',
      { bootstrapVersion: async () => 5 },
      {},
      { check: 'bootstrap', says: expect.stringContaining('version 5, but 6 is required') },
    ],
    [
      'a parameter',
      {},
      { parameters: { 'rollcall-prod-sms': { SmsOriginationIdentity: IDENTITY } } },
      {
        check: 'parameters',
        says: 'TokenIssuer: Whose tokens callers bring.',
        mend: 'npm run deploy -- … --parameters rollcall-prod-foundation:TokenIssuer=…',
      },
    ],
    [
      'a stack that can be updated',
      {
        stack: async (name) =>
          name === 'rollcall-prod-foundation' ? stack({ status: 'ROLLBACK_COMPLETE' }) : undefined,
      },
      {},
      { check: 'stacks', mend: 'aws cloudformation delete-stack --stack-name rollcall-prod-foundation' },
    ],
    [
      'a stack whose rollback came to its end',
      {
        stack: async (name) =>
          name === 'rollcall-prod-points' ? stack({ status: 'UPDATE_ROLLBACK_FAILED' }) : undefined,
      },
      {},
      { check: 'stacks', mend: 'aws cloudformation continue-update-rollback --stack-name rollcall-prod-points' },
    ],
    [
      'a name that a stage before has left',
      { namesOf: async () => ['rollcall-prod-members'] },
      {},
      {
        check: 'names',
        says: expect.stringContaining('rollcall-prod-members'),
        mend: 'npm run deploy -- … --import-existing-resources',
      },
    ],
    [
      'a secret of a stage before, which cannot be taken over,',
      {
        namesOf: async () => ['rollcall-prod-twilio'],
      },
      { importsExisting: true },
      { check: 'names', mend: expect.stringContaining('docs/runbook.md#a-name-that-is-taken') },
    ],
    [
      'a parameter that CloudFormation takes',
      {},
      { parameters: { ...plan.parameters, 'rollcall-prod-sms': { SmsOriginationIdentity: '+34612345678' } } },
      { check: 'parameters', says: expect.stringContaining('+34612345678 is refused') },
    ],
    [
      'a parameter that there is',
      {},
      { parameters: { ...plan.parameters, 'rollcall-dev-foundation': { TokenIssuer: ISSUER } } },
      { check: 'parameters', says: expect.stringContaining('No stack rollcall-dev-foundation of stage prod has') },
    ],
    [
      'permission to see what is deployed',
      {
        stack: () =>
          Promise.reject(
            Object.assign(new Error('User: u is not authorized to perform: cloudformation:DescribeStacks on x'), {
              name: 'AccessDenied',
            }),
          ),
      },
      {},
      { check: 'stacks', mend: 'let your user or role cloudformation:DescribeStacks on *' },
    ],
    [
      'quiet of an alarm that rolls back',
      { raisedAlarms: async () => ['rollcall-prod-late', 'of-others'] },
      { planned: [...planned, shifting({ UpdatePolicy: {} })] },
      {
        check: 'alarms',
        says: expect.stringMatching(/^rollcall-prod-late: raised/),
        mend: 'npm run deploy -- -c stage=prod -c shifting=off',
      },
    ],
    [
      'an identity to send texts from',
      { statusOfIdentity: async () => undefined },
      {},
      { check: 'SMS', mend: 'aws pinpoint-sms-voice-v2 describe-pools' },
    ],
    [
      'an identity in the region that texts are sent from',
      {},
      {
        parameters: {
          ...plan.parameters,
          'rollcall-prod-sms': { SmsOriginationIdentity: IDENTITY.replace('central', 'west') },
        },
      },
      { check: 'SMS', says: expect.stringContaining('is in eu-west-1, and texts are sent from eu-central-1') },
    ],
  ])('%s is asked for, with what mends it', async (_, account, more, expected) => {
    expect(await found(account, more)).toEqual([expect.objectContaining({ ...expected, state: 'missing' })]);
  });

  it.each([
    ['DELETE_FAILED', 'delete-stack'],
    // What it holds would be lost if the stack were deleted.
    ['UPDATE_FAILED', 'rollback-stack'],
    ['CREATE_FAILED', 'rollback-stack'],
    ['UPDATE_IN_PROGRESS', 'describe-stack-events'],
  ])('a stack that is %s is told of, with the command %s', async (status, command) => {
    const account = {
      stack: async (name: string) => (name === 'rollcall-prod-points' ? stack({ status }) : undefined),
    };
    expect(await found(account)).toEqual([
      expect.objectContaining({
        check: 'stacks',
        state: 'missing',
        mend: `aws cloudformation ${command} --stack-name rollcall-prod-points`,
      }),
    ]);
  });

  it.each(['UPDATE_ROLLBACK_COMPLETE', 'UPDATE_COMPLETE_CLEANUP_IN_PROGRESS', 'IMPORT_COMPLETE'])(
    'a stack that is %s is updated',
    async (status) => {
      expect(await found({ stack: async () => stack({ status }) })).toEqual([]);
    },
  );

  it('what is to be taken over is no obstacle, as it is kept by its template', async () => {
    const account = { namesOf: async () => ['rollcall-prod-members'] };
    expect(await found(account, { importsExisting: true })).toEqual([]);
  });

  it('what a first deployment that failed has left is no part of its stack', async () => {
    const failed = stack({ status: 'ROLLBACK_FAILED', template: planned[0]?.template ?? { Resources: {} } });
    const account = {
      stack: async (name: string) => (name === 'rollcall-prod-foundation' ? failed : undefined),
      namesOf: async () => ['rollcall-prod-members'],
    };
    expect((await found(account)).map(({ check }) => check)).toEqual(['stacks', 'names']);
  });

  it('a parameter has the value of the deployment before, and a table of the stack is its own', async () => {
    const account = {
      stack: async (name: string) =>
        stack({
          parameters: { TokenIssuer: ISSUER, SmsOriginationIdentity: IDENTITY },
          template: planned.find((one) => one.name === name)?.template ?? { Resources: {} },
        }),
      namesOf: async () => ['rollcall-prod-members', 'rollcall-prod-twilio'],
    };
    expect(await found(account, { parameters: {} })).toEqual([]);
  });

  it('what holds data is not deleted', async () => {
    const template = {
      Resources: { Old: { Type: 'AWS::SQS::Queue', Properties: { QueueName: 'rollcall-prod-old.fifo' } } },
    };
    const deployed = stack({ parameters: { TokenIssuer: ISSUER }, template });
    const account = { stack: async (name: string) => (name === 'rollcall-prod-foundation' ? deployed : undefined) };
    expect(await found(account)).toEqual([
      expect.objectContaining({
        check: 'changes',
        state: 'missing',
        says: expect.stringContaining('rollcall-prod-old.fifo'),
      }),
    ]);
  });

  it.each<[string, typeof fetch, string]>([
    ['is not found', discovery({}, 404), 'answers 404'],
    ['is something else', discovery({ hello: 1 }), 'is not an OpenID configuration'],
    [
      'is of another',
      discovery({ issuer: 'https://other.example', jwks_uri: ISSUER }),
      'names https://other.example as its issuer',
    ],
    [
      'does not answer',
      (() => Promise.reject(new TypeError('fetch failed'))) as typeof fetch,
      'does not answer: fetch failed',
    ],
  ])('a token issuer whose discovery %s is told', async (_, fetched, says) => {
    expect(await found({}, {}, fetched)).toEqual([
      expect.objectContaining({ check: 'token issuer', state: 'missing', says: expect.stringContaining(says) }),
    ]);
  });

  it.each<[string, Partial<Account>, Partial<Finding>]>([
    [
      'fewer functions than the settings take',
      { concurrentExecutions: async () => 10 },
      { check: 'functions at once', mend: expect.stringContaining('--quota-code L-B99A9384 --desired-value 1000') },
    ],
    [
      'fewer messages',
      { messagesPerSecond: async () => 90 },
      { check: 'messages a second', mend: expect.stringContaining('--quota-code L-F8E2BA85 --desired-value 100') },
    ],
    ['an identity that is not active yet', { statusOfIdentity: async () => 'PENDING' }, { check: 'SMS' }],
    ['the SMS sandbox', { isSmsSandbox: async () => true }, { check: 'SMS', mend: expect.stringContaining('sandbox') }],
  ])('%s is told, and stops nobody', async (_, account, expected) => {
    expect(await found(account)).toEqual([expect.objectContaining({ ...expected, state: 'beware' })]);
  });

  it('a new table is told of, where the stage would write more than it takes at first', async () => {
    const stage = { ...plan.stage, throttling: { ...plan.stage.throttling, registrationsPerSecond: 1_400 } };
    expect((await found({}, { stage })).map(({ check, state }) => [check, state])).toEqual([['tables', 'beware']]);
    const account = { stack: async () => stack({}) };
    expect((await found(account, { stage })).map(({ check }) => check)).toEqual([]);
  });

  it('more replies than a FIFO queue of the region takes are told of', async () => {
    const stage = { ...plan.stage, throttling: { ...plan.stage.throttling, registrationsPerSecond: 900 } };
    const at = (region: string): Partial<Account> => ({
      identity: async () => ({ account: '000000000000', region }),
      stack: async () => stack({}),
    });
    const more = { stage, parameters: { 'rollcall-prod-foundation': { TokenIssuer: ISSUER } } };
    const told = async (region: string) =>
      (await found(at(region), more)).filter(({ state }) => state === 'beware').map(({ check }) => check);
    expect([await told('eu-central-1'), await told('eu-west-3')]).toEqual([[], ['calls of a queue']]);
  });

  it('what cannot be asked is said, and the rest is asked', async () => {
    const refused = () => Promise.reject(Object.assign(new Error('not authorized'), { name: 'AccessDeniedException' }));
    const said = await found({
      concurrentExecutions: refused,
      isSmsSandbox: refused,
      messagesPerSecond: async () => undefined,
    });
    expect(said.map(({ check, state }) => [check, state])).toEqual([
      ['functions at once', 'unknown'],
      ['messages a second', 'unknown'],
      ['SMS', 'unknown'],
    ]);
    expect(said[0]?.says).toBe('This could not be checked: AccessDeniedException: not authorized');
  });
});
