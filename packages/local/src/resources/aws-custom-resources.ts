import type { ResourceProvider } from '../template/resource.ts';
import { functionOf } from './function-of.ts';
import type { Runtime } from './runtime.ts';

interface CallProperties {
  /** ARN of the function that makes the call. */
  ServiceToken: string;
  Create?: string;
  Update?: string;
  /** The call on deletion, as JSON. */
  Delete?: string;
}

interface Call {
  service: string;
  action: string;
  parameters: Record<string, string>;
}

/**
 * Custom::AWS: a function of CDK calls an AWS API. Only a call to SNS about a topic, on deletion, is supported. The
 * embedded cloud never makes this call, because it deletes nothing, but the function must have the permission for the
 * call.
 */
export const awsCustomResources =
  (runtime: Runtime): ResourceProvider =>
  async ({ logicalId, properties }) => {
    const { ServiceToken, Create, Update, Delete } = properties as unknown as CallProperties;
    if (Create !== undefined || Update !== undefined || Delete === undefined)
      throw new Error('the embedded cloud makes no calls for Custom::AWS, so it supports only Delete');
    const { service, action, parameters } = JSON.parse(Delete) as Call;
    const resource = parameters.TopicArn;
    if (service !== 'SNS' || resource === undefined)
      throw new Error(`the embedded cloud does not know the resource of ${service}:${action}`);
    const { role } = functionOf(runtime, ServiceToken).settings;
    const operation = `sns:${action.charAt(0).toUpperCase()}${action.slice(1)}`;
    runtime.checks.push(() =>
      runtime.access.require({ principal: { role }, action: operation, resource }, `deletion of ${logicalId}`),
    );
    return { ref: logicalId };
  };
