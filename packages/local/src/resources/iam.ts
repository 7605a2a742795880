import { managedPolicies } from '../iam/managed-policies.ts';
import type { PolicyDocument } from '../iam/policy.ts';
import type { ResourceProvider } from '../template/resource.ts';
import { qualifiedArn } from './function-of.ts';
import { physicalName, type Runtime } from './runtime.ts';

interface RoleProperties {
  RoleName?: string;
  AssumeRolePolicyDocument: PolicyDocument;
  Policies?: Array<{ PolicyDocument: PolicyDocument }>;
  ManagedPolicyArns?: string[];
}

/** AWS::IAM::Role. Only some AWS managed policies are supported. */
export const roles =
  ({ access, accountId }: Runtime): ResourceProvider =>
  async ({ stack, logicalId, properties }) => {
    const {
      RoleName,
      AssumeRolePolicyDocument,
      Policies = [],
      ManagedPolicyArns = [],
    } = properties as unknown as RoleProperties;
    const managed = managedPolicies(ManagedPolicyArns);
    const name = physicalName(RoleName, stack, logicalId);
    const arn = `arn:aws:iam::${accountId}:role/${name}`;
    access.addRole(arn, name, AssumeRolePolicyDocument);
    for (const policy of [...Policies.map(({ PolicyDocument }) => PolicyDocument), ...managed])
      access.attach(name, policy);
    return { ref: name, attributes: { Arn: arn } };
  };

/** AWS::IAM::Policy, for roles. */
export const policies =
  ({ access }: Runtime): ResourceProvider =>
  async ({ logicalId, properties }) => {
    const { PolicyDocument, Roles = [] } = properties as unknown as {
      PolicyDocument: PolicyDocument;
      Roles?: string[];
    };
    for (const role of Roles) access.attach(role, PolicyDocument);
    return { ref: logicalId };
  };

/** AWS::SQS::QueuePolicy. */
export const queuePolicies =
  ({ access, region, accountId }: Runtime): ResourceProvider =>
  async ({ logicalId, properties }) => {
    const { PolicyDocument, Queues } = properties as unknown as { PolicyDocument: PolicyDocument; Queues: string[] };
    for (const url of Queues) {
      access.addResourcePolicy(`arn:aws:sqs:${region}:${accountId}:${url.split('/').at(-1)}`, PolicyDocument);
    }
    return { ref: logicalId };
  };

/** AWS::SNS::TopicPolicy. */
export const topicPolicies =
  ({ access }: Runtime): ResourceProvider =>
  async ({ logicalId, properties }) => {
    const { PolicyDocument, Topics } = properties as unknown as { PolicyDocument: PolicyDocument; Topics: string[] };
    for (const arn of Topics) access.addResourcePolicy(arn, PolicyDocument);
    return { ref: logicalId };
  };

/**
 * AWS::Lambda::Permission: a statement in the policy of a function, a version or an alias. Each function, version and
 * alias has a separate policy.
 */
export const permissions =
  (runtime: Runtime): ResourceProvider =>
  async ({ logicalId, properties }) => {
    const { FunctionName = '', Action = '', Principal = '' } = properties as Record<string, string>;
    const arn = qualifiedArn(runtime, FunctionName);
    runtime.access.addResourcePolicy(arn, {
      Statement: {
        Effect: 'Allow',
        Principal: { Service: Principal },
        Action,
        Resource: arn,
        ...permissionCondition(properties),
      },
    });
    return { ref: logicalId };
  };

function permissionCondition({ SourceArn, SourceAccount }: Record<string, unknown>) {
  const Condition = {
    ...(SourceArn !== undefined && { ArnLike: { 'aws:SourceArn': String(SourceArn) } }),
    ...(SourceAccount !== undefined && { StringEquals: { 'aws:SourceAccount': String(SourceAccount) } }),
  };
  return Object.keys(Condition).length > 0 ? { Condition } : {};
}

/** AWS::KMS::Key. Only the key's policy is used, because the embedded cloud does not encrypt data. */
export const keys =
  ({ access, region, accountId }: Runtime): ResourceProvider =>
  async ({ stack, logicalId, properties }) => {
    const { KeyPolicy } = properties as unknown as { KeyPolicy: PolicyDocument };
    const id = `${stack}-${logicalId}`;
    const arn = `arn:aws:kms:${region}:${accountId}:key/${id}`;
    // In a key's policy, the resource `*` means the key.
    access.addResourcePolicy(arn, KeyPolicy);
    return { ref: id, attributes: { Arn: arn, KeyId: id } };
  };

/** AWS::KMS::Alias. */
export const aliases =
  ({ access }: Runtime): ResourceProvider =>
  async ({ properties }) => {
    const { AliasName = '', TargetKeyId = '' } = properties as Record<string, string>;
    access.recordAlias(AliasName, TargetKeyId);
    return { ref: AliasName };
  };

/**
 * AWS::Logs::LogGroup. Only the permission to encrypt the log group is checked. The logs of functions are stored in
 * files.
 */
export const logGroups =
  ({ region, accountId, access, checks }: Runtime): ResourceProvider =>
  async ({ stack, logicalId, properties }) => {
    const name = physicalName(properties.LogGroupName, stack, logicalId);
    const arn = `arn:aws:logs:${region}:${accountId}:log-group:${name}`;
    const { KmsKeyId } = properties as { KmsKeyId?: string };
    checks.push(() => {
      if (!KmsKeyId) return;
      const principal = { service: `logs.${region}.amazonaws.com`, source: arn };
      access.require({ principal, action: 'kms:GenerateDataKey', resource: KmsKeyId }, `log group ${name}`);
    });
    return { ref: name, attributes: { Arn: `${arn}:*` } };
  };

/**
 * AWS::CloudWatch::Alarm. Alarms are never raised, but CloudWatch must have permission to publish on the topics that
 * are notified of an alarm or of insufficient data.
 */
export const alarms =
  ({ access, region, accountId, checks }: Runtime): ResourceProvider =>
  async ({ stack, logicalId, properties }) => {
    const { AlarmActions = [], InsufficientDataActions = [] } = properties as Record<string, string[] | undefined>;
    const source = `arn:aws:cloudwatch:${region}:${accountId}:alarm:${physicalName(properties.AlarmName, stack, logicalId)}`;
    checks.push(() => {
      for (const topic of new Set([...AlarmActions, ...InsufficientDataActions])) {
        access.require(
          {
            principal: { service: 'cloudwatch.amazonaws.com', source },
            action: 'sns:Publish',
            resource: topic,
          },
          `alarm ${logicalId}`,
        );
      }
    });
    return { ref: logicalId };
  };
