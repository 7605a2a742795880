import { describe, expect, it } from 'vitest';
import { stageNamed } from '../../infra/stages.ts';
import type { AssembledStack } from '../../local/template/assembly.ts';
import type { Account, DeployedStack } from '../../ops/deploy/account.ts';
import { type Finding, type Plan, preflight } from '../../ops/deploy/preflight.ts';

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
        Members: { Type: 'AWS::DynamoDB::GlobalTable', Properties: { TableName: 'rollcall-prod-members' } },
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
  parameters: { 'rollcall-prod-foundation': { TokenIssuer: ISSUER } },
};

/** An account that has everything, and into which nothing was deployed. */
const ready: Account = {
  identity: async () => ({ account: '000000000000', region: 'eu-central-1' }),
  bootstrapVersion: async () => 30,
  stack: async () => undefined,
  hasTable: async () => false,
  concurrentExecutions: async () => 1_000,
  fifoMessagesPerSecond: async () => 3_000,
  isSmsSandbox: async () => false,
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
      { check: 'bootstrap', says: expect.stringContaining('version 5, and 6 is needed') },
    ],
    [
      'a parameter',
      {},
      { parameters: {} },
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
      { hasTable: async (name) => name === 'rollcall-prod-members' },
      {},
      {
        check: 'names',
        says: expect.stringContaining('rollcall-prod-members'),
        mend: 'npm run deploy -- … --import-existing-resources',
      },
    ],
  ])('%s is asked for, with what mends it', async (_, account, more, expected) => {
    expect(await found(account, more)).toEqual([expect.objectContaining({ ...expected, state: 'missing' })]);
  });

  it('a parameter has the value of the deployment before, and a table of the stack is its own', async () => {
    const deployed = stack({
      parameters: { TokenIssuer: ISSUER },
      template: planned[0]?.template ?? { Resources: {} },
    });
    const account = {
      stack: async (name: string) => (name === 'rollcall-prod-foundation' ? deployed : undefined),
      hasTable: async () => true,
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
    ['is something else', discovery({ hello: 1 }), 'is no OpenID configuration'],
    [
      'is of another',
      discovery({ issuer: 'https://other.example', jwks_uri: ISSUER }),
      'says that it is https://other.example',
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
    ['fewer messages', { fifoMessagesPerSecond: async () => 150 }, { check: 'messages a second' }],
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

  it('what cannot be asked is said, and the rest is asked', async () => {
    const refused = () => Promise.reject(Object.assign(new Error('not authorized'), { name: 'AccessDeniedException' }));
    const said = await found({
      concurrentExecutions: refused,
      isSmsSandbox: refused,
      fifoMessagesPerSecond: async () => undefined,
    });
    expect(said.map(({ check, state }) => [check, state])).toEqual([
      ['functions at once', 'unknown'],
      ['messages a second', 'unknown'],
      ['SMS', 'unknown'],
    ]);
    expect(said[0]?.says).toBe('it could not be asked: AccessDeniedException: not authorized');
  });
});
