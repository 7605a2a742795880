import { describe, expect, it } from 'vitest';
import { functionResources, startSmallCloud } from '../support/small-cloud.ts';

const managed = (...names: string[]) => names.map((name) => `arn:aws:iam::aws:policy/${name}`);

/** A function whose role has only managed policies. */
function functionWith(policies: string[], code = 'code') {
  const { Role, Function: fn } = functionResources('fn', code);
  return { Role: { ...Role, Properties: { ...Role.Properties, ManagedPolicyArns: policies } }, Function: fn };
}

const CODE = { code: 'export const handler = async () => process.env.CALLED;' };

describe("AWS's managed policies", () => {
  const queue = { Queue: { Type: 'AWS::SQS::Queue', Properties: { QueueName: 'orders' } } };
  const mapping = {
    Mapping: {
      Type: 'AWS::Lambda::EventSourceMapping',
      Properties: { EventSourceArn: { 'Fn::GetAtt': ['Queue', 'Arn'] }, FunctionName: { Ref: 'Function' } },
    },
  };

  it('allow the calls that AWS documents for them', async () => {
    const policies = managed('service-role/AWSLambdaSQSQueueExecutionRole', 'AWSXRayDaemonWriteAccess');
    await using cloud = await startSmallCloud({
      resources: { ...functionWith(policies), ...queue, ...mapping },
      code: CODE,
    });
    expect([...cloud.functions.keys()]).toEqual(['fn']);
  });

  it('allow no other calls', async () => {
    const policies = managed('service-role/AWSLambdaBasicExecutionRole');
    const app = { resources: { ...functionWith(policies), ...queue, ...mapping }, code: CODE };
    await expect(startSmallCloud(app)).rejects.toThrow('is not allowed to do sqs:ReceiveMessage');
  });

  it('are refused with their names if they are unknown', async () => {
    const policies = managed('AdministratorAccess', 'service-role/AWSLambdaBasicExecutionRole');
    await expect(startSmallCloud({ resources: functionWith(policies), code: CODE })).rejects.toThrow(
      'does not support the managed policies arn:aws:iam::aws:policy/AdministratorAccess. It supports service-role/',
    );
  });
});

describe('a function that only CloudFormation calls', () => {
  const { Role } = functionWith(managed('service-role/AWSLambdaBasicExecutionRole'));
  const Provider = {
    Type: 'AWS::Lambda::Function',
    Properties: { Runtime: 'python3.13', Handler: 'index.handler', Role: { 'Fn::GetAtt': ['Role', 'Arn'] }, Code: {} },
  };
  const ServiceToken = { 'Fn::GetAtt': ['Provider', 'Arn'] };

  it('may have any runtime', async () => {
    const Retention = { Type: 'Custom::LogRetention', Properties: { ServiceToken } };
    await using cloud = await startSmallCloud({ resources: { Role, Provider, Retention } });
    expect(cloud.functions.size).toBe(1);
  });

  it('is refused with an unsupported runtime if something else may call it, or if its custom resource has an effect', async () => {
    const Retention = { Type: 'Custom::LogRetention', Properties: { ServiceToken } };
    const Permission = { Type: 'AWS::Lambda::Permission', Properties: { FunctionName: { Ref: 'Provider' } } };
    await expect(startSmallCloud({ resources: { Role, Provider, Retention, Permission } })).rejects.toThrow(
      'not python3.13',
    );
    const Seeds = { Type: 'Custom::Seeds', Properties: { ServiceToken } };
    await expect(startSmallCloud({ resources: { Role, Provider, Seeds } })).rejects.toThrow('is of type Custom::Seeds');
  });
});

it('the AWS address of an API is replaced by its local address, also if a template composes it', async () => {
  const Api = { Type: 'AWS::ApiGatewayV2::Api', Properties: { ProtocolType: 'HTTP' } };
  const host = ['https://', { Ref: 'Api' }, '.execute-api.', { Ref: 'AWS::Region' }, '.', { Ref: 'AWS::URLSuffix' }];
  const CALLED = { 'Fn::Join': ['', [...host, '/orders']] };
  const settings = { Environment: { Variables: { CALLED } } };
  await using cloud = await startSmallCloud({
    resources: { Api, ...functionResources('fn', 'code', settings) },
    code: CODE,
  });
  expect(await cloud.invoke('fn', {})).toBe(`${cloud.apiUrl}/orders`);
});
