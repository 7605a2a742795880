import { PolicyDocument, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { LogGroup } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import { ServiceLogGroup } from './service-log-group.ts';
import type { Stage } from './stage.ts';

/** Creates a function's log group and role. Initially, the role may only write to the log group. */
export function functionRole(
  scope: Construct,
  id: string,
  { stage, functionName }: { stage: Stage; functionName: string },
): { role: Role; logGroup: LogGroup } {
  const logGroup = new ServiceLogGroup(scope, `${id}Logs`, { stage, logGroupName: `/aws/lambda/${functionName}` });
  // The policies of queues and topics identify the functions of the stage by the prefix of role names.
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
