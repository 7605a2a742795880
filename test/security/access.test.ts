import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import { paginateListQueues, ReceiveMessageCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { PutCommand, ScanCommand } from '@aws-sdk/lib-dynamodb';
import { createMessage } from '@rollcall/kit/internal/messaging/message';
import type { Happened } from '@rollcall/local/internal/control/recent-events';
import { Access, AccessDenied } from '@rollcall/local/internal/iam/access';
import { checkStatement, decide, type Statement } from '@rollcall/local/internal/iam/policy';
import { permissionsFor } from '@rollcall/local/internal/iam/requests';
import { SNS_SENDER } from '@rollcall/local/internal/messages/senders';
import { afterAll, beforeAll, describe, expect, inject, it, onTestFinished, vi } from 'vitest';
import { memberRegisteredV2 } from '../../shared/contracts/member-registered.v2.ts';
import { nameParts } from '../../shared/contracts/name-parts.ts';
import { redeemPoints } from '../../shared/contracts/redeem-points.v1.ts';
import { changedAssembly } from '../support/assembly.ts';
import { memberIdOf, outgoingMessage, registered } from '../support/builders.ts';
import { cloudOf, eventually, newPhone, startTestCloud, type TestCloud } from '../support/cloud.ts';
import { root, runNode } from '../support/run.ts';

interface Resource {
  Type: string;
  Properties: any;
}

/** Returns every resource of a stage's templates. */
const templatesOf = (stage: 'dev' | 'prod'): Resource[] =>
  readdirSync(inject(stage))
    .filter((file) => file.endsWith('.template.json'))
    .flatMap((file) => Object.values(JSON.parse(readFileSync(join(inject(stage), file), 'utf8')).Resources));

const ROLE = 'arn:aws:iam::000000000000:role/someone';
const QUEUE = 'arn:aws:sqs:us-east-1:000000000000:queue';
const allow = (more: Partial<Statement> = {}): Statement => ({
  Effect: 'Allow',
  Action: 'sqs:SendMessage',
  Resource: QUEUE,
  ...more,
});
const request = { principal: { role: ROLE }, action: 'sqs:SendMessage', resource: QUEUE };
const isAllowed = (identity: Statement[], resource: Statement[] = [], isAuthoritative = false, more: object = {}) =>
  decide({ ...request, ...more }, identity, resource, isAuthoritative).allowed;

describe('a request', () => {
  it('is allowed only by a statement that matches its action and resource, including wildcards', () => {
    expect(isAllowed([])).toBe(false);
    expect(isAllowed([allow()])).toBe(true);
    expect(
      isAllowed([allow({ Action: ['sqs:Get*', 'SQS:send*'], Resource: 'arn:aws:sqs:*:000000000000:qu?ue' })]),
    ).toBe(true);
    expect(isAllowed([allow({ Action: 'sqs:SendMessageBatch' })])).toBe(false);
    expect(isAllowed([allow({ Resource: `${QUEUE}s` })])).toBe(false);
    expect(isAllowed([allow({ Resource: 'arn:aws:sqs:us-east-1:000000000000:queu.' })])).toBe(false);
  });

  it('matches a wildcard only within one segment of its ARN, unless the wildcard is the whole last segment', () => {
    const on = (Resource: string, resource: string) => isAllowed([allow({ Resource })], [], false, { resource });
    const logs = 'arn:aws:logs:us-east-1:000000000000:log-group:one:two';
    expect(on('arn:aws:logs:*', logs)).toBe(true);
    expect(on('arn:aws:logs:us-east-1:000000000000:log-group:*', logs)).toBe(true);
    expect(on('arn:aws:logs:us-east-1:000000000000:log-group:o*e:*', logs)).toBe(true);
    expect(on('arn:aws:logs:us-east-1:000000000000:log-*o', logs)).toBe(false);
    expect(on('arn:aws:logs:us-east-1:000000000000:log-group?one:two', logs)).toBe(false);
  });

  it('is denied by an explicit deny in any policy', () => {
    const deny = allow({ Effect: 'Deny', Action: '*' });
    expect(isAllowed([allow(), deny])).toBe(false);
    expect(isAllowed([allow()], [{ ...deny, Principal: '*' }])).toBe(false);
  });

  it('is allowed by the policy of its resource, if the policy names the principal', () => {
    expect(isAllowed([], [allow({ Principal: { AWS: ROLE } })])).toBe(true);
    expect(isAllowed([], [allow({ Principal: { AWS: `${ROLE}-else` } })])).toBe(false);
    expect(isAllowed([], [allow({ Principal: { Service: 'sns.amazonaws.com' } })])).toBe(false);
    const bySns = { principal: { service: 'sns.amazonaws.com' } };
    expect(isAllowed([], [allow({ Principal: { Service: 'sns.amazonaws.com' } })], false, bySns)).toBe(true);
  });

  it("for a key must be allowed by the key's policy, which may trust the account", () => {
    const account = allow({ Principal: { AWS: 'arn:aws:iam::000000000000:root' } });
    expect(isAllowed([allow()], [], true)).toBe(false);
    expect(isAllowed([allow()], [account], true)).toBe(true);
    expect(isAllowed([], [account], true)).toBe(false);
    expect(isAllowed([allow()], [allow({ Principal: { AWS: '000000000000' } })], true)).toBe(true);
    expect(isAllowed([allow()], [allow({ Principal: { AWS: '000000000001' } })], true)).toBe(false);
  });

  it.each([
    [{ Bool: { 'aws:SecureTransport': 'no' } }, 'Bool cannot compare with no'],
    [{ ArnLike: { 'aws:SourceArn': 'arn:aws:sns:*' } }, 'ArnLike cannot compare with arn:aws:sns:*'],
    [{ ForAnyValue: {} }, 'does not support the condition operator ForAnyValue'],
    [{ constructor: {} }, 'does not support the condition operator constructor'],
  ])('is refused with the unsupported condition %j', (Condition, complaint) => {
    const statement = allow({ Condition: Condition as NonNullable<Statement['Condition']> });
    expect(() => checkStatement(statement, 'here')).toThrow(complaint);
  });

  it.each([
    ['Scan', { TableName: 't', TransactItems: [] }, 'dynamodb:Scan on table/t'],
    ['Scan', { TableName: 't', RequestItems: { u: [] } }, 'dynamodb:Scan on table/t'],
    ['Scan', { TableName: 't', IndexName: 'i' }, 'dynamodb:Scan on table/t/index/i'],
    ['PutItem', { TableName: 't', IndexName: 'i' }, 'dynamodb:PutItem on table/t'],
    [
      'TransactWriteItems',
      { TableName: 't', TransactItems: [{ Put: { TableName: 'u' } }] },
      'dynamodb:PutItem on table/u',
    ],
    ['BatchWriteItem', { TableName: 't', RequestItems: { u: [] } }, 'dynamodb:BatchWriteItem on table/u'],
    ['TransactWriteItems', { TransactItems: [] }, ''],
    ['BatchGetItem', { TableName: 't' }, ''],
    ['ExecuteStatement', { Statement: 'SELECT * FROM t', TableName: 't' }, ''],
  ])('to DynamoDB requires the permissions of its operation: %s %j', (operation, body, expected) => {
    const place = { region: 'us-east-1', accountId: '000000000000' };
    const asked = permissionsFor('dynamodb', operation, JSON.stringify(body), place);
    const prefix = 'arn:aws:dynamodb:us-east-1:000000000000:';
    expect(asked.map(({ action, resource }) => `${action} on ${resource.replace(prefix, '')}`).join()).toBe(expected);
  });

  it('is decided by the previous policies during a deployment, and only by the new ones afterwards', () => {
    const access = new Access({ region: 'us-east-1', accountId: '000000000000', salt: '' });
    const reading = allow({ Action: 'sqs:ReceiveMessage', Resource: '*' });
    access.addRole(ROLE, 'someone', { Statement: [] });
    access.attach('someone', { Statement: [reading] });
    const { accessKeyId } = access.credentialsOf(ROLE, 'f');
    const { userArn } = access.identityOf(accessKeyId);
    const call = (action: string) => () => access.authorize(accessKeyId, () => [{ action, resource: 'arn' }], 'sqs');
    access.begin();
    expect(call('sqs:ReceiveMessage')).not.toThrow();
    expect(call('sqs:SendMessage')).toThrow(AccessDenied);
    access.addRole(ROLE, 'someone', { Statement: [] });
    expect(call('sqs:ReceiveMessage')).not.toThrow();
    access.finish();
    expect(call('sqs:ReceiveMessage')).toThrow(AccessDenied);
    expect(access.identityOf(accessKeyId).userArn).toBe(userArn);
  });

  it("of a function whose role was removed by a deployment does not get the operator's permissions", () => {
    const access = new Access({ region: 'us-east-1', accountId: '000000000000', salt: '' });
    access.addRole(ROLE, 'someone', { Statement: [] });
    const { accessKeyId } = access.credentialsOf(ROLE, 'f');
    access.begin();
    access.finish();
    const asked = [{ action: 'sqs:SendMessage', resource: 'arn' }];
    expect(() => access.authorize(accessKeyId, () => asked, 'sqs')).toThrow(AccessDenied);
  });

  it('is denied if its actions are unknown', () => {
    const access = new Access({ region: 'us-east-1', accountId: '000000000000', salt: '' });
    access.addRole(ROLE, 'someone', { Statement: [] });
    const { accessKeyId } = access.credentialsOf(ROLE, 'f');
    expect(() => access.authorize(accessKeyId, () => [], 'dynamodb')).toThrow(AccessDenied);
  });

  it.each([
    [{ ArnLike: { 'aws:SourceArn': 'arn:aws:sns:*:1:*' } }, { 'aws:SourceArn': 'arn:aws:sns:us-east-1:1:t' }, true],
    [{ ArnLike: { 'AWS:sourcearn': 'arn:aws:sns:*:1:*' } }, { 'aws:SourceArn': 'arn:aws:sns:us-east-1:1:t' }, true],
    [{ ArnLike: { 'aws:SourceArn': 'arn:aws:sns:*:1:*' } }, { 'aws:SourceArn': 'arn:aws:sns:us-east-1:2:1:t' }, false],
    [{ ArnEquals: { 'aws:SourceArn': 'arn:aws:sns:*:1:t' } }, { 'aws:SourceArn': 'arn:aws:sns:us:2:x:1:t' }, false],
    [{ ArnLike: { 'aws:SourceArn': 'arn:aws:sns:*:1:*' } }, {}, false],
    [{ StringEquals: { 'aws:SourceAccount': ['1', '2'] } }, { 'aws:SourceAccount': '2' }, true],
    [{ StringEquals: { 'aws:SourceAccount': '1' } }, { 'aws:SourceAccount': '2' }, false],
    [{ Bool: { 'aws:SecureTransport': 'false' } }, {}, false],
    [{ Bool: { 'aws:SecureTransport': 'false' } }, { 'aws:SecureTransport': 'false' }, true],
    [{ Bool: { 'aws:SecureTransport': 'TRUE' } }, {}, true],
    [{ Bool: { 'aws:SecureTransport': true } }, {}, true],
    [{ ArnNotLike: { 'aws:PrincipalArn': 'arn:aws:iam::*:role/some*' } }, {}, false],
    [{ ArnNotLike: { 'aws:PrincipalArn': ['arn:aws:iam::*:role/a', 'arn:aws:iam::*:role/b'] } }, {}, true],
  ])('is decided by the condition %j with the context %j', (Condition, context, holds) => {
    expect(
      isAllowed([allow({ Condition: Condition as NonNullable<Statement['Condition']> })], [], false, { context }),
    ).toBe(holds);
  });
});

describe('a service', () => {
  const sns = { principal: { service: 'sns.amazonaws.com', source: 'arn:aws:sns:us-east-1:1:t' } };
  const isDelivered = (Condition: NonNullable<Statement['Condition']>, action = 'kms:Decrypt') => {
    const toSns = {
      Effect: 'Allow',
      Principal: { Service: 'sns.amazonaws.com' },
      Action: action,
      Resource: '*',
    } as const;
    return isAllowed([], [{ ...toSns, Condition }], true, { ...sns, action });
  };

  it('sends the condition keys that it is documented to send with a call, and no others', () => {
    expect(isDelivered({ ArnLike: { 'aws:SourceArn': 'arn:aws:sns:*:1:t' } })).toBe(true);
    expect(isDelivered({ ArnLike: { 'aws:SourceArn': 'arn:aws:sns:*:1:other' } })).toBe(false);
    expect(isDelivered({ StringEquals: { 'aws:SourceAccount': '1' } })).toBe(false);
    expect(isDelivered({ StringEquals: { 'aws:SourceAccount': '1' } }, 'sqs:SendMessage')).toBe(false);
  });

  it('causes an error if the condition keys that it sends with an action are unknown', () => {
    expect(() => isDelivered({}, 'events:PutEvents')).toThrow('sns.amazonaws.com sends with events:PutEvents');
  });
});

describe('a cloud', () => {
  let cloud: TestCloud;
  beforeAll(async () => {
    cloud = await startTestCloud();
  });
  afterAll(() => cloud.stop());

  const arn = (service: string, resource: string) =>
    `arn:aws:${service}:us-east-1:000000000000:rollcall-dev-${resource}`;
  const as = (fn: string) => ({
    endpoint: cloud.endpointUrl,
    region: 'us-east-1',
    credentials: cloud.access.credentialsOf(`arn:aws:iam::000000000000:role/rollcall-dev-${fn}`, 'test'),
  });

  it("reports for every service the denied action and resource, without the function's name", async () => {
    const printed = vi.spyOn(console, 'error');
    onTestFinished(() => printed.mockRestore());
    const client = { ...as('guide-read'), maxAttempts: 1 };
    const denial = (action: string, resource: string) =>
      `User: arn:aws:sts::000000000000:assumed-role/rollcall-dev-guide-read is not authorized to perform: ${action} on resource: ${resource} because no identity-based policy allows the ${action} action`;
    const table = 'arn:aws:dynamodb:us-east-1:000000000000:table/rollcall-dev-members';
    await expect(
      new DynamoDBClient(client).send(
        new GetItemCommand({ TableName: 'rollcall-dev-members', Key: { pk: { S: 'x' } } }),
      ),
    ).rejects.toMatchObject({
      name: 'AccessDeniedException',
      message: expect.stringContaining(denial('dynamodb:GetItem', table)),
    });
    await expect(
      new SQSClient(client).send(
        new SendMessageCommand({
          QueueUrl: `${cloud.endpointUrl}/000000000000/rollcall-dev-sms-commands`,
          MessageBody: 'x',
          MessageGroupId: 'x',
          MessageDeduplicationId: 'x',
        }),
      ),
    ).rejects.toThrow(denial('sqs:SendMessage', arn('sqs', 'sms-commands')));
    await expect(
      new SNSClient(client).send(
        new PublishCommand({
          TopicArn: arn('sns', 'member-events.fifo'),
          Message: 'x',
          MessageGroupId: 'x',
          MessageDeduplicationId: 'x',
        }),
      ),
    ).rejects.toMatchObject({
      name: 'AuthorizationErrorException',
      message: expect.stringContaining(denial('sns:Publish', arn('sns', 'member-events.fifo'))),
    });
    await expect(
      new LambdaClient(client).send(new InvokeCommand({ FunctionName: 'rollcall-dev-registration-outbox-sweep' })),
    ).rejects.toThrow(
      denial(
        'lambda:InvokeFunction',
        arn('lambda', '').replace(/[^:]*$/, 'function:rollcall-dev-registration-outbox-sweep'),
      ),
    );
    expect(printed.mock.calls.flat().filter((line) => String(line).includes('is not allowed to do'))).toEqual([]);
  });

  it('allows only the roles of its stage to use queues and topics, over TLS only', async () => {
    const trust = { Statement: allow({ Action: 'sts:AssumeRole' }) };
    const everything = { Statement: allow({ Action: '*', Resource: '*' }) };
    for (const name of ['other-team', 'rollcall-dev-visitor']) {
      cloud.access.addRole(`arn:aws:iam::000000000000:role/${name}`, name, trust);
      cloud.access.attach(name, everything);
    }
    const may = (role: string, action: string, resource: string, context = {}) =>
      cloud.access.decide({ principal: { role: `arn:aws:iam::000000000000:role/${role}` }, action, resource, context })
        .allowed;
    const queues: string[] = [];
    for await (const { QueueUrls = [] } of paginateListQueues({ client: cloud.sqs }, {})) queues.push(...QueueUrls);
    expect(queues.length).toBe(17);
    const asked = [
      ...queues.flatMap((url) =>
        ['Send', 'Receive', 'Delete'].map((verb) => [
          `sqs:${verb}Message`,
          `arn:aws:sqs:us-east-1:000000000000:${url.split('/').at(-1)}`,
        ]),
      ),
      ['sns:Publish', arn('sns', 'member-events.fifo')],
    ] as Array<[string, string]>;
    for (const [action, resource] of asked) {
      expect(may('rollcall-dev-visitor', action, resource), resource).toBe(true);
      expect(may('other-team', action, resource), resource).toBe(false);
      expect(may('rollcall-dev-visitor', action, resource, { 'aws:SecureTransport': 'false' }), resource).toBe(false);
    }
    const bySns = (topic: string) =>
      cloud.access.decide({
        principal: { service: 'sns.amazonaws.com' },
        action: 'sqs:SendMessage',
        resource: arn('sqs', 'sms.fifo'),
        context: { 'aws:SourceArn': arn('sns', topic) },
      }).allowed;
    expect([bySns('member-events.fifo'), bySns('other.fifo')]).toEqual([true, false]);
  });

  it('gives a consumer the name of the function that sent a message, or the ID of SNS', async () => {
    const setBroken = (name: string, method: string) =>
      fetch(`${cloud.endpointUrl}/_rollcall/broken/rollcall-dev-${name}`, { method });
    const consumers = ['registration-replies-consume', 'guide-consume'];
    for (const name of consumers) await setBroken(name, 'PUT');
    await cloud.request('POST', '/v1/members', { phone: newPhone(), name: 'Ana', locale: 'es' });
    const sendersIn = (queue: string) =>
      eventually(async () => {
        const { Messages = [] } = await cloud.sqs.send(
          new ReceiveMessageCommand({
            QueueUrl: `${cloud.endpointUrl}/000000000000/rollcall-dev-${queue}`,
            VisibilityTimeout: 0,
            MaxNumberOfMessages: 10,
            MessageSystemAttributeNames: ['All'],
          }),
        );
        return Messages.length > 0 && Messages.map(({ Attributes }) => Attributes?.SenderId);
      });
    expect(await sendersIn('guide.fifo')).toEqual([SNS_SENDER]);
    for (const sender of await sendersIn('registration-replies'))
      expect(sender).toMatch(/^AROA[0-9A-F]{17}:rollcall-dev-(sms|points)-consume$/);
    for (const name of consumers) await setBroken(name, 'DELETE');
  });

  it('parks a message as unreadable if its sender is not allowed on its channel', async () => {
    const member = memberIdOf(70);
    const forged = { ...registered(member), id: 'forged', source: '/rollcall/points' };
    const message = {
      eventSourceARN: arn('sqs', 'sms.fifo'),
      messageId: 'forged',
      body: JSON.stringify(forged),
      attributes: { ApproximateReceiveCount: '1' },
    };
    expect(await cloud.invoke('rollcall-dev-sms-consume', { Records: [message] })).toEqual({ batchItemFailures: [] });
    expect(await cloud.items('sms', member)).toEqual([]);
    const [parked] = await cloud.items('sms', 'rollcall-dev-sms.fifo');
    expect(parked).toMatchObject({
      reason: 'unreadable',
      error: expect.stringContaining('/rollcall/points may not send rollcall.member.registered.v1'),
    });
    // A redrive does not apply it either.
    await cloud.invoke('rollcall-dev-sms-sweep', { redrive: ['rollcall-dev-sms.fifo'] });
    expect(await cloud.items('sms', member)).toEqual([]);
  });

  /** Sends a message to a consumer's dead-letter queue, in the name of a function. */
  async function sendToDeadLetters(consumer: string, sender: string, body: string) {
    const role = 'rollcall-dev-dying';
    cloud.access.addRole(`arn:aws:iam::000000000000:role/${role}`, role, {
      Statement: allow({ Action: 'sts:AssumeRole' }),
    });
    cloud.access.attach(role, { Statement: allow({ Action: '*', Resource: '*' }) });
    await cloud.sendAs(sender, `${consumer}-dlq`, 'group', body, 'dying');
  }

  it('allows calls that are rarely needed: for a message with many receives, a dead letter with an unsent reply, and a change by version 2 of the API', async () => {
    const member = memberIdOf(71);
    const record = (body: object, receives: number) => ({
      Records: [
        {
          eventSourceARN: arn('sqs', 'guide.fifo'),
          messageId: 'm',
          body: JSON.stringify(body),
          attributes: { ApproximateReceiveCount: String(receives) },
        },
      ],
    });
    const { name, ...data } = registered(member).data;
    const version2 = { type: memberRegisteredV2.type, data: { ...data, ...nameParts(name) } };
    const message = { ...registered(member), ...version2 };
    expect(await cloud.invoke('rollcall-dev-guide-consume', record(message, 6))).toEqual({ batchItemFailures: [] });
    const [applied] = await cloud.items('guide', member);
    expect(applied).toMatchObject({ version: 1 });
    const reply = outgoingMessage(member, 'reply', '{}', 'registration-replies');
    await cloud.dynamodb.send(
      new PutCommand({ TableName: 'rollcall-dev-guide', Item: { ...applied, 'unsent#1': [reply] } }),
    );
    await sendToDeadLetters('guide', 'sns', JSON.stringify(message));
    await cloud.invoke('rollcall-dev-guide-sweep', {});
    expect(Object.keys((await cloud.items('guide', member))[0] ?? {})).not.toContain('unsent#1');
    const { body } = await cloud.request('POST', '/v1/members', { phone: newPhone(), name: 'Ana', locale: 'en' });
    expect(
      (await cloud.request('PATCH', `/v2/members/${body.id}`, { locale: 'es' }, { 'if-match': '"1"' })).status,
    ).toBe(200);
  });

  it('grants rarely needed permissions to consumers of commands', async () => {
    const member = memberIdOf(72);
    const record = (version: number) => {
      const command = createMessage(redeemPoints, {
        ...{ id: `redeem-${version}`, source: '/rollcall/registration', subject: member, version, time: new Date() },
        ...{ data: { memberId: member, points: 1 }, replyTo: 'registration-outcomes' },
      });
      const SenderId = 'AROAEXAMPLE:rollcall-dev-registration-outbox-relay';
      const attributes = { ApproximateReceiveCount: '6', SenderId };
      const eventSourceARN = arn('sqs', 'points-commands.fifo');
      return { Records: [{ eventSourceARN, messageId: command.id, body: JSON.stringify(command), attributes }] };
    };
    const held = async () => (await cloud.items('points-commands', member)).map(({ sk, reason }) => reason ?? sk);
    // The member has no points account yet, so the command is parked. It is redriven after the account is created.
    await cloud.invoke('rollcall-dev-points-commands-consume', record(1));
    expect(await held()).toEqual(['retry']);
    const account = { pk: member, sk: 'account', version: 1, accountState: 'open', balance: 100 };
    await cloud.dynamodb.send(new PutCommand({ TableName: 'rollcall-dev-points', Item: account }));
    await cloud.invoke('rollcall-dev-points-commands-sweep', {});
    await cloud.invoke('rollcall-dev-points-commands-sweep', { redrive: [member] });
    const [cursor] = await cloud.items('points-commands', member);
    expect(cursor).toMatchObject({ version: 1 });
    // Two dead letters follow: version 2, which is new, and version 1, which was applied without sending its reply.
    const dead = async (version: number) => {
      for (const { body } of record(version).Records)
        await sendToDeadLetters('points-commands', 'registration-outbox-relay', body);
      await cloud.invoke('rollcall-dev-points-commands-sweep', {});
    };
    await dead(2);
    expect(await held()).toEqual([cursor?.sk, 'retry']);
    const unsent = [outgoingMessage(member, 'reply', '{}', 'registration-outcomes')];
    const Item = { ...cursor, 'unsent#1': unsent };
    await cloud.dynamodb.send(new PutCommand({ TableName: 'rollcall-dev-points-commands', Item }));
    await dead(1);
    expect((await cloud.items('points-commands', member))[0]).not.toHaveProperty(['unsent#1']);
  });
});

/** Returns a function that removes an action from the grants of a resource. */
const without =
  (action: string) =>
  ({ Type, Properties }: { Type: string; Properties: any }) => {
    if (!['AWS::IAM::Policy', 'AWS::IAM::Role', 'AWS::SQS::QueuePolicy'].includes(Type)) return;
    const documents = [
      Properties.PolicyDocument,
      ...(Properties.Policies ?? []).map(({ PolicyDocument }: any) => PolicyDocument),
    ];
    for (const { Statement } of documents.filter(Boolean)) {
      for (const statement of Statement) {
        if (statement.Effect === 'Allow')
          statement.Action = [statement.Action].flat().filter((each: string) => each !== action);
      }
    }
  };

describe('a deployment that lacks a grant', () => {
  it('fails when a function needs the grant', async () => {
    const cloud = await cloudOf({ assembly: await changedAssembly(['registration'], without('dynamodb:PutItem')) });
    const { status } = await cloud.request('POST', '/v1/members', { phone: newPhone(), name: 'Ana', locale: 'en' });
    expect(status).toBe(500);
    expect(cloud.logs('rollcall-dev-registration-register').join('\n')).toContain(
      'is not authorized to perform: dynamodb:PutItem',
    );
  });

  it('reports the missing grant once, and also as the error of settled()', async () => {
    const printed = vi.spyOn(console, 'error').mockImplementation(() => {});
    onTestFinished(() => printed.mockRestore());
    const cloud = await cloudOf({ assembly: await changedAssembly(['registration'], without('sns:Publish')) });
    const register = () => cloud.request('POST', '/v1/members', { phone: newPhone(), name: 'Ana', locale: 'en' });
    const topic = 'arn:aws:sns:us-east-1:000000000000:rollcall-dev-member-events.fifo';
    const fn = 'rollcall-dev-registration-outbox-relay';
    const sentence = `${fn} is not allowed to do sns:Publish on ${topic}: grant it where the function is created, with fn.addToRolePolicy(new PolicyStatement({ actions: ['sns:Publish'], resources: ['${topic}'] }))`;
    const reports = () => printed.mock.calls.flat().filter((line) => String(line).startsWith(`${fn} is not allowed`));
    expect((await register()).status).toBe(201);
    await eventually(async () => reports().length > 0);
    expect((await register()).status).toBe(201);
    await expect(cloud.settled({ withinMs: 2_000 })).rejects.toThrow(`Denied calls: ${sentence}`);
    expect(reports()).toEqual([`${sentence}.`]);
    const { failures } = (await (await fetch(`${cloud.endpointUrl}/_rollcall/happened?after=0`)).json()) as Happened;
    expect(failures).toContainEqual({
      functionName: fn,
      reason: sentence.slice(fn.length + 1),
      at: expect.any(String),
      log: expect.stringContaining(`${fn}.log`),
    });
  });

  it.each([
    ['sms', without('sqs:ReceiveMessage'), 'is not allowed to do sqs:ReceiveMessage'],
    ['registration', without('dynamodb:GetRecords'), 'is not allowed to do dynamodb:GetRecords'],
    ['points', without('sqs:SendMessage'), 'sns.amazonaws.com is not allowed to do sqs:SendMessage'],
    ['guide', without('logs:PutLogEvents'), 'is not allowed to do logs:PutLogEvents'],
    [
      'guide',
      (resource: any) => {
        if (resource.Type === 'AWS::Lambda::Permission')
          resource.Properties.SourceArn = 'arn:aws:execute-api:us-east-1:0:other';
      },
      'is not allowed to do lambda:InvokeFunction',
    ],
  ])('does not start if stack %s lacks a grant that the deployment needs', async (stack, change, why) => {
    await expect(cloudOf({ assembly: await changedAssembly([stack], change) })).rejects.toThrow(why);
  });
});

describe('a stage with its own key', () => {
  it('works with its key', async () => {
    const parameters = {
      AlarmEmail: 'nobody@example.com',
      SmsOriginationIdentity: 'arn:aws:sms-voice:us-east-1:000000000000:phone-number/phone-1',
    };
    const cloud = await cloudOf({ assembly: inject('prod'), parameters });
    const phone = newPhone();
    const { status, body } = await cloud.request('POST', '/v1/members', { phone, name: 'Ana', locale: 'en' });
    expect(status).toBe(201);
    const steps = await eventually(async () => {
      const found = (await cloud.request('GET', `/v1/members/${body.id}/onboarding`)).body.steps;
      return found.length === 4 && found;
    });
    // AWS reports the delivery through a topic, a queue and a function.
    expect(steps).toContainEqual(
      expect.objectContaining({ step: 'welcome-sms-delivery', summary: 'delivery confirmed by the provider' }),
    );
    await cloud.replyFrom(phone, 'STOP', 'aws');
    await eventually(async () => {
      const { Items = [] } = await cloud.dynamodb.send(new ScanCommand({ TableName: 'rollcall-prod-sms-limits' }));
      return Items.some(({ pk, by }) => pk.startsWith('opted-out#') && by === 'sms-aws');
    });
    const events = 'arn:aws:sns:us-east-1:000000000000:rollcall-prod-sms-events';
    const mayPublish = (service: string, account: string) =>
      cloud.access.decide({
        principal: { service },
        action: 'sns:Publish',
        resource: events,
        context: { 'aws:SourceAccount': account },
      }).allowed;
    const { Resources } = JSON.parse(
      readFileSync(join(inject('prod'), 'rollcall-prod-operations.template.json'), 'utf8'),
    );
    const [keyId] = Object.entries<Resource>(Resources).find(([, { Type }]) => Type === 'AWS::KMS::Key') ?? [];
    const key = `arn:aws:kms:us-east-1:000000000000:key/rollcall-prod-operations-${keyId}`;
    // In the name of another team's topic, SNS cannot use the key.
    const deliver = (topic: string) =>
      cloud.access.decide({
        principal: { service: 'sns.amazonaws.com', source: `arn:aws:sns:us-east-1:000000000000:${topic}` },
        action: 'kms:Decrypt',
        resource: key,
      }).allowed;
    expect([deliver('rollcall-prod-member-events.fifo'), deliver('other-team.fifo')]).toEqual([true, false]);
    expect([
      mayPublish('sms-voice.amazonaws.com', '000000000000'),
      mayPublish('sms-voice.amazonaws.com', '111111111111'),
      mayPublish('ses.amazonaws.com', '000000000000'),
    ]).toEqual([true, false, false]);
    // Roles that cannot use the key themselves cannot use it through a table either.
    cloud.access.addRole('arn:aws:iam::000000000000:role/other-team', 'other-team', { Statement: [] });
    cloud.access.attach('other-team', { Statement: allow({ Action: 'dynamodb:*', Resource: '*' }) });
    const table = 'arn:aws:dynamodb:us-east-1:000000000000:table/rollcall-prod-members';
    const principal = { role: 'arn:aws:iam::000000000000:role/other-team' };
    expect(cloud.access.decide({ principal, action: 'dynamodb:GetItem', resource: table }).allowed).toBe(false);
    expect(cloud.access.decide({ principal, action: 'sns:Publish', resource: events }).allowed).toBe(false);
  });

  it('encrypts everything with its key', () => {
    const encrypted: Record<string, (properties: any) => unknown> = {
      'AWS::SQS::Queue': ({ KmsMasterKeyId }) => KmsMasterKeyId,
      'AWS::SNS::Topic': ({ KmsMasterKeyId }) => KmsMasterKeyId,
      'AWS::DynamoDB::GlobalTable': ({ Replicas }) => Replicas[0].SSESpecification.KMSMasterKeyId,
      'AWS::SecretsManager::Secret': ({ KmsKeyId }) => KmsKeyId,
      'AWS::Logs::LogGroup': ({ KmsKeyId }) => KmsKeyId,
    };
    const resources = templatesOf('prod').filter(({ Type }) => encrypted[Type]);
    expect(new Set(resources.map(({ Type }) => Type)).size).toBe(5);
    for (const { Type, Properties } of resources) expect(encrypted[Type]?.(Properties), Type).toBeDefined();
  });
});

describe('a stage without its own key', () => {
  it("uses AWS's keys for everything", () => {
    for (const { Type, Properties } of templatesOf('dev')) {
      if (Type === 'AWS::SQS::Queue') expect(Properties.SqsManagedSseEnabled).toBe(true);
      // `false` means DynamoDB's own key, because tables are always encrypted.
      if (Type === 'AWS::DynamoDB::GlobalTable') expect(Properties.SSESpecification.SSEEnabled).toBe(false);
    }
  });
});

describe('the infrastructure', () => {
  it('is not synthesized if it breaks a rule of AWS Solutions', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'rollcall-nag-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    const { code, stderr } = await runNode(
      ['--import', join(root, 'test/support/unacknowledged.ts'), join(root, 'infra/app.ts')],
      { CDK_OUTDIR: folder, CDK_CONTEXT_JSON: '{}' },
    );
    expect([code, stderr]).toEqual([1, expect.stringContaining('Validation failed')]);
    const report = readFileSync(join(folder, 'validation-report.json'), 'utf8');
    expect(report).toContain('AwsSolutions-SMG4');
  });
});
