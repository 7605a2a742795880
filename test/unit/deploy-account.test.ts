import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { stageNamed } from '../../infra/stages.ts';
import { openAccount } from '../../ops/deploy/account.ts';
import { preflight } from '../../ops/deploy/preflight.ts';

type Answer = { status?: number; type?: string; body: string };
/** The responses, by action. To other actions, the server responds like a cloud that does not support them. */
let answers: Record<string, Answer> = {};
const requests: Array<{ action: string; input: string }> = [];

const server = createServer(async (request, response) => {
  const input = Buffer.concat(await Array.fromAsync(request)).toString();
  const target = request.headers['x-amz-target'];
  const [, action = request.url ?? ''] =
    /\.(\w+)$/.exec(String(target ?? '')) ?? /(?:^|&)Action=(\w+)/.exec(input) ?? [];
  requests.push({ action, input });
  const {
    status = 200,
    type = 'application/x-amz-json-1.1',
    body,
  } = answers[action] ?? {
    status: 400,
    type: 'text/xml',
    body: '<?xml version="1.0"?><Error><Code>InvalidAction</Code></Error>',
  };
  response.writeHead(status, { 'content-type': type, 'x-amzn-requestid': 'r' }).end(body);
});

const json = (body: object, status = 200): Answer => ({ status, body: JSON.stringify(body) });
const xml = (action: string, result: string): Answer => ({
  type: 'text/xml',
  body: `<${action}Response><${action}Result>${result}</${action}Result></${action}Response>`,
});
const queryError = (Code: string, Message: string, status = 400): Answer => ({
  status,
  type: 'text/xml',
  body: `<ErrorResponse><Error><Type>Sender</Type><Code>${Code}</Code><Message>${Message}</Message></Error></ErrorResponse>`,
});
const jsonError = (__type: string, message: string) => json({ __type, message, Message: message }, 400);
const denied = (permission: string) =>
  `User: arn:aws:sts::000000000000:assumed-role/r/s is not authorized to perform: ${permission} because no identity-based policy allows the ${permission} action`;

beforeAll(async () => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
});
afterAll(() => {
  server.close();
});
afterEach(() => {
  vi.unstubAllEnvs();
  answers = {};
  requests.length = 0;
});

function open() {
  vi.stubEnv('AWS_ENDPOINT_URL', `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  vi.stubEnv('AWS_REGION', 'eu-central-1');
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'any');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'any');
  return openAccount();
}

const IDENTITY = xml('GetCallerIdentity', '<Account>000000000000</Account><Arn>a</Arn><UserId>u</UserId>');
const stackOf = (status: string) =>
  xml(
    'DescribeStacks',
    `<Stacks><member><StackName>s</StackName><CreationTime>2026-11-29T00:00:00Z</CreationTime><StackStatus>${status}</StackStatus>
     <Parameters><member><ParameterKey>TokenIssuer</ParameterKey><ParameterValue>https://login.example.com</ParameterValue></member></Parameters></member></Stacks>`,
  );

describe('an account reports', () => {
  it('its ID and its region', async () => {
    answers = { GetCallerIdentity: IDENTITY };
    expect(await open().identity()).toEqual({ account: '000000000000', region: 'eu-central-1' });
  });

  it('the version of its bootstrap, if any', async () => {
    answers = { GetParameter: json({ Parameter: { Name: 'n', Type: 'String', Value: '30' } }) };
    expect(await open().bootstrapVersion()).toBe(30);
    answers = { GetParameter: jsonError('ParameterNotFound', '') };
    expect(await open().bootstrapVersion()).toBeUndefined();
  });

  it('the status, parameters and template of a stack', async () => {
    answers = {
      DescribeStacks: stackOf('UPDATE_COMPLETE'),
      GetTemplate: xml('GetTemplate', '<TemplateBody>{"Resources":{"A":{"Type":"T"}}}</TemplateBody>'),
    };
    expect(await open().stack('s')).toEqual({
      status: 'UPDATE_COMPLETE',
      parameters: { TokenIssuer: 'https://login.example.com' },
      template: { Resources: { A: { Type: 'T' } } },
    });
  });

  it('no stack if it does not exist, or has only a first change set', async () => {
    answers = { DescribeStacks: queryError('ValidationError', 'Stack with id s does not exist') };
    expect(await open().stack('s')).toBeUndefined();
    answers = { DescribeStacks: stackOf('REVIEW_IN_PROGRESS') };
    expect(await open().stack('s')).toBeUndefined();
  });

  it('names in use, including the names of secrets that are scheduled for deletion', async () => {
    answers = {
      ListTables: json({ TableNames: ['a-table'] }),
      ListTopics: xml(
        'ListTopics',
        '<Topics><member><TopicArn>arn:aws:sns:r:000000000000:a.fifo</TopicArn></member></Topics>',
      ),
      ListSecrets: json({ SecretList: [{ Name: 'a-secret' }] }),
    };
    const account = open();
    expect(await account.namesOf('AWS::DynamoDB::GlobalTable')).toEqual(['a-table']);
    expect(await account.namesOf('AWS::SNS::Topic')).toEqual(['a.fifo']);
    expect(await account.namesOf('AWS::SecretsManager::Secret')).toEqual(['a-secret']);
    expect(requests.at(-1)?.input).toContain('"IncludePlannedDeletion":true');
  });

  it('the number of functions that may run at once', async () => {
    answers = { '/2016-08-19/account-settings': json({ AccountLimit: { ConcurrentExecutions: 10 } }) };
    expect(await open().concurrentExecutions()).toBe(10);
  });

  it('the messages per second of SNS: the quota of the account, the default quota, or undefined', async () => {
    const none = jsonError('NoSuchResourceException', '');
    answers = { GetServiceQuota: json({ Quota: { Value: 9_000 } }) };
    expect(await open().messagesPerSecond()).toBe(9_000);
    answers = { GetServiceQuota: none, GetAWSDefaultServiceQuota: json({ Quota: { Value: 300 } }) };
    expect(await open().messagesPerSecond()).toBe(300);
    answers = { GetServiceQuota: none, GetAWSDefaultServiceQuota: none };
    expect(await open().messagesPerSecond()).toBeUndefined();
    expect(requests.map(({ input }) => input)).toEqual(
      Array.from({ length: 5 }, () =>
        expect.stringMatching(
          /"QuotaCode":"L-F8E2BA85".*"ServiceCode":"sns"|"ServiceCode":"sns".*"QuotaCode":"L-F8E2BA85"/,
        ),
      ),
    );
  });

  it.each([
    ['SANDBOX', true],
    ['PRODUCTION', false],
  ])('whether it is in the SMS sandbox: %s', async (Value, expected) => {
    answers = { DescribeAccountAttributes: json({ AccountAttributes: [{ Name: 'ACCOUNT_TIER', Value }] }) };
    expect(await open().isSmsSandbox()).toBe(expected);
  });

  it.each([
    ['phone-number/phone-1', 'DescribePhoneNumbers', { PhoneNumbers: [{ Status: 'PENDING' }] }, 'PENDING'],
    ['pool/pool-1', 'DescribePools', { Pools: [{ Status: 'ACTIVE' }] }, 'ACTIVE'],
    ['sender-id/ROLLCALL/DE', 'DescribeSenderIds', { SenderIds: [{ SenderId: 'ROLLCALL' }] }, 'ACTIVE'],
  ])('the status of %s', async (resource, action, answer, status) => {
    const arn = `arn:aws:sms-voice:eu-central-1:000000000000:${resource}`;
    answers = { [action]: json(answer) };
    expect(await open().statusOfIdentity(arn)).toBe(status);
    const { input = '' } = requests.at(-1) ?? {};
    expect(input).toContain(resource.startsWith('sender-id') ? '{"SenderId":"ROLLCALL","IsoCountryCode":"DE"}' : arn);
    answers = { [action]: jsonError('ResourceNotFoundException', 'not there') };
    expect(await open().statusOfIdentity(arn)).toBeUndefined();
  });
});

describe('the preflight checks report', () => {
  const findings = async () =>
    preflight(
      {
        stage: stageNamed('prod'),
        planned: [
          {
            name: 'rollcall-prod-sms',
            template: { Resources: {}, Parameters: { SmsOriginationIdentity: { Type: 'String' } } },
          },
        ],
        parameters: {
          'rollcall-prod-sms': { SmsOriginationIdentity: 'arn:aws:sms-voice:eu-central-1:000000000000:pool/pool-1' },
        },
        importsExisting: false,
      },
      open(),
    );
  const noStack = queryError('ValidationError', 'Stack with id s does not exist');
  const bootstrapped = json({ Parameter: { Name: 'n', Type: 'String', Value: '30' } });

  it('an API that a cloud lacks, without stopping the deployment', async () => {
    answers = { GetCallerIdentity: IDENTITY, DescribeStacks: noStack, GetParameter: bootstrapped };
    const unknown = (await findings()).filter(({ state }) => state !== 'good');
    const says = "The API is not supported: it returned 400 in a format that is not AWS's.";
    expect(unknown.map(({ check, state, says }) => [check, state, says])).toEqual(
      ['concurrent functions', 'messages a second', 'SMS', 'SMS'].map((check) => [check, 'unknown', says]),
    );
  });

  it('a denied permission, without stopping the deployment', async () => {
    answers = {
      GetCallerIdentity: IDENTITY,
      DescribeStacks: noStack,
      GetParameter: jsonError('AccessDeniedException', denied('ssm:GetParameter')),
      GetServiceQuota: jsonError('AccessDeniedException', denied('servicequotas:GetServiceQuota')),
      DescribeAccountAttributes: jsonError('AccessDeniedException', denied('sms-voice:DescribeAccountAttributes')),
      DescribePools: jsonError('AccessDeniedException', denied('sms-voice:DescribePools')),
      '/2016-08-19/account-settings': {
        ...json({ Message: denied('lambda:GetAccountSettings') }, 403),
        type: 'application/json',
      },
    };
    const unknown = (await findings()).filter(({ state }) => state !== 'good');
    expect(unknown.map(({ state, says }) => [state, says])).toEqual(
      [
        'ssm:GetParameter',
        'lambda:GetAccountSettings',
        'servicequotas:GetServiceQuota',
        'sms-voice:DescribeAccountAttributes',
        'sms-voice:DescribePools',
      ].map((permission) => ['unknown', `The check failed, because your user or role may not call ${permission}.`]),
    );
  });

  it('stacks that cannot be read, which stops the deployment', async () => {
    answers = {
      GetCallerIdentity: IDENTITY,
      DescribeStacks: queryError('AccessDenied', denied('cloudformation:DescribeStacks'), 403),
    };
    expect((await findings()).slice(1)).toEqual([
      {
        check: 'stacks',
        state: 'missing',
        says: 'The check failed, because your user or role may not call cloudformation:DescribeStacks.',
        mend: 'allow your user or role to call cloudformation:DescribeStacks on *',
      },
    ]);
  });

  it('invalid credentials', async () => {
    answers = {
      GetCallerIdentity: queryError('ExpiredToken', 'The security token included in the request is expired', 403),
    };
    expect(await findings()).toEqual([
      expect.objectContaining({ check: 'credentials', state: 'missing', says: expect.stringContaining('expired') }),
    ]);
  });
});
