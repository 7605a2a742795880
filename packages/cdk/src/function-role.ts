import { PolicyDocument, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { LogGroup } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import { ServiceLogGroup } from './service-log-group.ts';
import type { Stage } from './stage.ts';

/** The log group of a function and its role, which may write to that and nothing more so far. */
export function functionRole(
  scope: Construct,
  id: string,
  { stage, functionName }: { stage: Stage; functionName: string },
): { role: Role; logGroup: LogGroup } {
  const logGroup = new ServiceLogGroup(scope, `${id}Logs`, { stage, logGroupName: `/aws/lambda/${functionName}` });
  // Queues and topics know the functions of their stage by what the names of their roles begin with.
  const role = new Role(scope, `${id}Role`, {
    roleName: functionName,
    assumedBy: new ServicePrincipal('lambda.amazonaws.com'),
    inlinePolicies: {
      logs: new PolicyDocument({
        statements: [
          new PolicyStatement({
            actions: ['logs:CreateLogStream', 'logs:PutLogEvents'],
            resources: [logGroup.logGroupArn],
          }),
        ],
      }),
    },
  });
  return { role, logGroup };
}
