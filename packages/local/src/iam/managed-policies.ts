import type { PolicyDocument, Statement } from './policy.ts';

const LOGS = ['logs:CreateLogGroup', 'logs:CreateLogStream', 'logs:PutLogEvents'];
const ENIS = ['CreateNetworkInterface', 'DescribeNetworkInterfaces', 'DescribeSubnets', 'DeleteNetworkInterface'];
const XRAY = ['PutTraceSegments', 'PutTelemetryRecords', 'GetSamplingRules', 'GetSamplingTargets'];
const prefixed = (service: string, ...actions: string[]) => actions.map((action) => `${service}:${action}`);

/**
 * The actions of AWS managed policies that CDK or its users attach to functions and deployments
 * (https://docs.aws.amazon.com/aws-managed-policy/latest/reference/policy-list.html). Each policy allows its actions on
 * any resource.
 */
const ACTIONS: Readonly<Record<string, string[]>> = {
  'service-role/AWSLambdaBasicExecutionRole': LOGS,
  'service-role/AWSLambdaSQSQueueExecutionRole': [
    ...prefixed('sqs', 'ReceiveMessage', 'DeleteMessage', 'GetQueueAttributes'),
    ...LOGS,
  ],
  'service-role/AWSLambdaDynamoDBExecutionRole': [
    ...prefixed('dynamodb', 'DescribeStream', 'GetRecords', 'GetShardIterator', 'ListStreams'),
    ...LOGS,
  ],
  'service-role/AWSLambdaVPCAccessExecutionRole': [
    ...LOGS,
    ...prefixed('ec2', ...ENIS, 'AssignPrivateIpAddresses', 'UnassignPrivateIpAddresses'),
  ],
  'service-role/AWSCodeDeployRoleForLambdaLimited': [
    'cloudwatch:DescribeAlarms',
    ...prefixed('lambda', 'UpdateAlias', 'GetAlias', 'GetProvisionedConcurrencyConfig'),
  ],
  AWSXRayDaemonWriteAccess: prefixed('xray', ...XRAY, 'GetSamplingStatisticSummaries'),
};

const PREFIX = 'arn:aws:iam::aws:policy/';

/**
 * The statements of AWS managed policies.
 * @throws {Error} with the names of policies that are not supported
 */
export function managedPolicies(arns: readonly string[]): PolicyDocument[] {
  const actionsOf = (arn: string) => (arn.startsWith(PREFIX) ? ACTIONS[arn.slice(PREFIX.length)] : undefined);
  const unknown = arns.filter((arn) => !actionsOf(arn));
  if (unknown.length > 0) {
    throw new Error(
      `the embedded cloud does not support the managed policies ${unknown.join(', ')}. It supports ${Object.keys(ACTIONS).join(', ')}. Instead, grant the role each permission that it needs`,
    );
  }
  return arns.map((arn) => ({
    Statement: { Effect: 'Allow', Action: actionsOf(arn) ?? [], Resource: '*' } satisfies Statement,
  }));
}
