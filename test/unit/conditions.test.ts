import { SendMessageCommand } from '@aws-sdk/client-sqs';
import { Access } from '@rollcall/local/internal/iam/access';
import { checkStatement, decide, type Statement } from '@rollcall/local/internal/iam/policy';
import { describe, expect, it } from 'vitest';
import { startSmallCloud } from '../support/small-cloud.ts';

const ROLE = 'arn:aws:iam::000000000000:role/someone';
const QUEUE = 'arn:aws:sqs:us-east-1:000000000000:jobs';
const send = { principal: { role: ROLE }, action: 'sqs:SendMessage', resource: QUEUE };
const allow = (Condition: Statement['Condition']): Statement => ({
  ...{ Effect: 'Allow', Action: 'sqs:SendMessage', Resource: QUEUE },
  ...(Condition && { Condition }),
});

// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
describe('a condition', () => {
  it.each([
    ['ForAnyValue:StringEquals', 's3:prefix', ['a', 'b'], { 's3:prefix': 'b' }, true],
    ['ForAnyValue:StringEquals', 's3:prefix', ['a'], { 's3:prefix': 'b' }, false],
    ['ForAnyValue:StringEquals', 's3:prefix', ['a'], {}, false],
    ['ForAllValues:StringEquals', 's3:prefix', ['a', 'b'], { 's3:prefix': 'a' }, true],
    ['ForAllValues:StringEquals', 's3:prefix', ['a'], { 's3:prefix': 'b' }, false],
    ['ForAllValues:StringEquals', 's3:prefix', ['a'], {}, true],
    ['ForAnyValue:StringNotEquals', 's3:prefix', ['a'], { 's3:prefix': 'b' }, true],
    ['ForAnyValue:StringNotEquals', 's3:prefix', ['a'], {}, false],
    ['StringNotEquals', 's3:prefix', ['a', 'b'], { 's3:prefix': 'b' }, false],
    ['StringNotEquals', 's3:prefix', ['a', 'b'], { 's3:prefix': 'c' }, true],
    ['StringNotEquals', 's3:prefix', ['a'], {}, true],
    ['StringEqualsIgnoreCase', 's3:prefix', 'A', { 's3:prefix': 'a' }, true],
    ['StringNotEqualsIgnoreCase', 's3:prefix', 'A', { 's3:prefix': 'a' }, false],
    ['StringNotLike', 's3:prefix', 'a*', { 's3:prefix': 'ab' }, false],
    ['StringEqualsIfExists', 's3:prefix', 'a', {}, true],
    ['StringEqualsIfExists', 's3:prefix', 'a', { 's3:prefix': 'b' }, false],
    ['ArnNotEquals', 'aws:PrincipalArn', ROLE, {}, false],
    ['BoolIfExists', 'aws:SecureTransport', 'false', {}, false],
    ['Null', 's3:prefix', 'true', {}, true],
    ['Null', 's3:prefix', 'true', { 's3:prefix': 'a' }, false],
    ['Null', 's3:prefix', 'false', { 's3:prefix': 'a' }, true],
  ])('%s %s %j on %j: %s', (operator, key, value, context, holds) => {
    const statement = allow({ [operator]: { [key]: value } });
    checkStatement(statement, 'here');
    expect(decide({ ...send, context: context as Record<string, string> }, [statement]).allowed).toBe(holds);
  });

  it.each([
    ['an unknown operator', { NumericEquals: { 's3:max-keys': '1' } }, 'operator NumericEquals'],
    [
      'an unknown key whose absence would satisfy the condition',
      { 'ForAllValues:StringEquals': { 'dynamodb:LeadingKeys': 'a' } },
      'key dynamodb:LeadingKeys',
    ],
    [
      'an unknown key whose absence would satisfy the condition',
      { StringNotEquals: { 'aws:PrincipalOrgID': 'o' } },
      'key aws:PrincipalOrgID',
    ],
    ['an unknown key that should be absent', { Null: { 'aws:TokenIssueTime': 'true' } }, 'key aws:TokenIssueTime'],
  ])('is refused with %s', (_, condition, complaint) => {
    expect(() => checkStatement(allow(condition), 'here')).toThrow(complaint);
  });
});

// https://docs.aws.amazon.com/kms/latest/developerguide/concepts.html
describe('a key', () => {
  const accessWith = (key: string) => {
    const access = new Access({ region: 'us-east-1', accountId: '000000000000', salt: 'salt' });
    access.addRole(ROLE, 'someone', { Statement: [] });
    access.attach('someone', { Statement: allow(undefined) });
    access.recordKey(QUEUE, key);
    return access;
  };

  it.each(['alias/aws/sqs', 'arn:aws:kms:us-east-1:000000000000:alias/aws/sqs'])(
    'of AWS can be used by roles that may use the encrypted resource, but not by services: %s',
    (key) => {
      const access = accessWith(key);
      access.checkKeys();
      access.addResourcePolicy(QUEUE, {
        Statement: { ...allow(undefined), Principal: { Service: 'sns.amazonaws.com' } },
      });
      expect(access.decide(send).allowed).toBe(true);
      const bySns = {
        ...send,
        principal: { service: 'sns.amazonaws.com', source: 'arn:aws:sns:us-east-1:000000000000:t' },
      };
      expect(access.decide(bySns)).toMatchObject({
        allowed: false,
        because: expect.stringContaining('because services cannot use'),
      });
    },
  );

  it.each(['alias/aws/sns', 'alias/none'])(
    'is refused if its alias does not exist or belongs to another service: %s',
    (key) => {
      expect(() => accessWith(key).checkKeys()).toThrow(`${QUEUE} is encrypted with ${key}`);
    },
  );

  it.each(['alias/own', 'arn:aws:kms:us-east-1:000000000000:alias/own', 'own-id'])(
    'can be used by the principals in its policy: %s',
    (key) => {
      const access = accessWith(key);
      access.recordAlias('alias/own', 'own-id');
      access.checkKeys();
      expect(access.decide(send).allowed).toBe(false);
      const Statement = { ...allow(undefined), Action: 'kms:*', Resource: '*', Principal: { AWS: ROLE } };
      access.addResourcePolicy('arn:aws:kms:us-east-1:000000000000:key/own-id', { Statement });
      expect(access.decide(send).allowed).toBe(true);
    },
  );

  it('of AWS can encrypt a queue, a topic, a table and a bucket', async () => {
    const keySchema = {
      AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
      KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
    };
    const ofBucket = { ServerSideEncryptionByDefault: { SSEAlgorithm: 'aws:kms', KMSMasterKeyID: 'alias/aws/s3' } };
    await using cloud = await startSmallCloud({
      resources: {
        Queue: { Type: 'AWS::SQS::Queue', Properties: { QueueName: 'jobs', KmsMasterKeyId: 'alias/aws/sqs' } },
        Topic: { Type: 'AWS::SNS::Topic', Properties: { KmsMasterKeyId: 'alias/aws/sns' } },
        Table: {
          Type: 'AWS::DynamoDB::Table',
          Properties: { ...keySchema, SSESpecification: { SSEEnabled: true, KMSMasterKeyId: 'alias/aws/dynamodb' } },
        },
        Bucket: {
          Type: 'AWS::S3::Bucket',
          Properties: { BucketEncryption: { ServerSideEncryptionConfiguration: [ofBucket] } },
        },
      },
    });
    const QueueUrl = `${cloud.endpointUrl}/000000000000/jobs`;
    await cloud.sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: 'x' }));
    expect(cloud.published('jobs').map(({ body }) => body)).toEqual(['x']);
  });
});
