import { expect, it } from 'vitest';
import { dangersOf } from '../../ops/deploy/changes.ts';

const table = (properties: object, more: object = {}) => ({
  Type: 'AWS::DynamoDB::GlobalTable',
  Properties: properties,
  ...more,
});
const keyed = (by: string) => ({ TableName: 'members', KeySchema: [{ AttributeName: by, KeyType: 'HASH' }] });
const stack = (Resources: Record<string, any>, Outputs: Record<string, any> = {}) => ({
  members: { Resources, Outputs },
});
const kindsOf = (...args: Parameters<typeof dangersOf>) =>
  dangersOf(...args).map(({ logicalId, danger }) => [logicalId, danger]);

it('a table that would be replaced is reported, with the property that causes this', () => {
  expect(dangersOf(stack({ Table: table(keyed('pk')) }), stack({ Table: table(keyed('id')) }))).toEqual([
    {
      stack: 'members',
      logicalId: 'Table',
      type: 'AWS::DynamoDB::GlobalTable',
      danger: 'data would be replaced',
      what: expect.stringMatching(
        /^AWS::DynamoDB::GlobalTable members would be replaced by an empty one: KeySchema cannot/,
      ),
    },
  ]);
});

it('a table that would be deleted is reported, unless it is retained or was retired before', () => {
  const removed = stack({});
  expect(kindsOf(stack({ Table: table({}) }), removed)).toEqual([['Table', 'data would be deleted']]);
  expect(kindsOf(stack({ Table: table({}, { DeletionPolicy: 'RetainExceptOnCreate' }) }), removed)).toEqual([]);
  expect(kindsOf(stack({ Table: table({}, { Metadata: { 'rollcall:retiring': true } }) }), removed)).toEqual([]);
});

it('a bucket that would be replaced is reported', () => {
  const bucket = (BucketName: string) => stack({ B: { Type: 'AWS::S3::Bucket', Properties: { BucketName } } });
  expect(kindsOf(bucket('documents'), bucket('large-documents'))).toEqual([['B', 'data would be replaced']]);
});

it('a change of a table that needs no replacement is not reported', () => {
  const before = stack({ Table: table({ ...keyed('pk'), BillingMode: 'PAY_PER_REQUEST' }) });
  expect(kindsOf(before, stack({ Table: table({ ...keyed('pk'), BillingMode: 'PROVISIONED' }) }))).toEqual([]);
});

it('a replaced resource that keeps its name is reported', () => {
  const fn = (PackageType: string, FunctionName?: string) => ({
    Type: 'AWS::Lambda::Function',
    Properties: { PackageType, ...(FunctionName && { FunctionName }) },
  });
  expect(kindsOf(stack({ F: fn('Zip', 'f') }), stack({ F: fn('Image', 'f') }))).toEqual([['F', 'name is taken']]);
  expect(kindsOf(stack({ F: fn('Zip', 'f') }), stack({ F: fn('Image', 'g') }))).toEqual([]);
  expect(kindsOf(stack({ F: fn('Zip') }), stack({ F: fn('Image') }))).toEqual([]);
});

it('an export is reported only if it would be removed or changed while a stack imports it', () => {
  const exporting = (Value: string) => stack({}, { Arn: { Value, Export: { Name: 'members:Arn' } } });
  const importing = {
    other: { Resources: { R: { Type: 'T', Properties: { P: { 'Fn::ImportValue': 'members:Arn' } } } } },
  };
  const inUse = [['members:Arn', 'export is in use']];
  expect(kindsOf({ ...exporting('a'), ...importing }, { ...stack({}), ...importing })).toEqual(inUse);
  expect(kindsOf({ ...exporting('a'), ...importing }, { ...exporting('b'), ...importing })).toEqual(inUse);
  expect(kindsOf({ ...exporting('a'), ...importing }, { ...exporting('a'), other: { Resources: {} } })).toEqual([]);
  expect(kindsOf(exporting('a'), stack({}))).toEqual([]);
});

it('an export in use is reported with the commands that free it: each importing stack is deployed alone, or deleted', () => {
  const foundation = (Outputs: Record<string, any>) => ({ 'rollcall-prod-foundation': { Resources: {}, Outputs } });
  const importing = { Resources: { R: { Type: 'T', Properties: { P: { 'Fn::ImportValue': 'e' } } } } };
  const [found] = dangersOf(
    {
      ...foundation({ E: { Value: 'v', Export: { Name: 'e' } } }),
      'rollcall-prod-sms': importing,
      'rollcall-prod-monitoring': importing,
    },
    { ...foundation({}), 'rollcall-prod-sms': { Resources: {} } },
  );
  expect(found?.what).toMatch(
    /: aws cloudformation delete-stack --stack-name rollcall-prod-monitoring && npx cdk deploy -c stage=prod --exclusively rollcall-prod-sms$/,
  );
});

it('nothing is reported for a new stack', () => {
  expect(dangersOf({}, stack({ Table: table({}) }))).toEqual([]);
});
