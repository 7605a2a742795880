import { CloudError } from '../errors/cloud-error.ts';
import type { Destination } from '../lambda/asynchronous.ts';
import { parseFunctionName } from '../lambda/function-names.ts';
import type { ResourceProvider } from '../template/resource.ts';
import { deliveryTo } from './delivery.ts';
import { functionOf } from './function-of.ts';
import type { Runtime } from './runtime.ts';

interface EventInvokeConfigProperties {
  FunctionName: string;
  Qualifier?: string;
  MaximumRetryAttempts?: number;
  MaximumEventAgeInSeconds?: number;
  DestinationConfig?: Partial<Record<'OnSuccess' | 'OnFailure', { Destination?: string }>>;
}

/** AWS::Lambda::EventInvokeConfig: the settings for asynchronous invocations of a function, a version or an alias. */
export const eventInvokeConfigs =
  (runtime: Runtime): ResourceProvider =>
  async ({ logicalId, properties }) => {
    const config = properties as unknown as EventInvokeConfigProperties;
    const { MaximumRetryAttempts, MaximumEventAgeInSeconds: seconds, DestinationConfig = {} } = config;
    const { FunctionName, Qualifier = '$LATEST' } = config;
    const { asynchronous, settings } = functionOf(runtime, FunctionName);
    runtime.checks.push(() => {
      functionOf(runtime, `${settings.name}:${Qualifier}`);
      checkSingle(runtime, settings.name);
    });
    const destination = (which: 'OnSuccess' | 'OnFailure') => {
      const arn = DestinationConfig[which]?.Destination;
      return arn === undefined ? undefined : destinationOf(runtime, arn, settings.role, `${which} of ${logicalId}`);
    };
    asynchronous.configure({
      ...(MaximumRetryAttempts !== undefined && { maximumRetryAttempts: MaximumRetryAttempts }),
      ...(seconds !== undefined && !runtime.isDebugged && { maximumEventAgeMs: seconds * 1000 }),
      onSuccess: destination('OnSuccess'),
      onFailure: destination('OnFailure'),
    });
    return { ref: logicalId };
  };

/**
 * @throws {CloudError} if a function has several configurations, although on AWS different versions and aliases can
 * have different configurations
 */
function checkSingle({ created }: Runtime, functionName: string): void {
  const all = created.filter(
    ({ type, properties }) =>
      type === 'AWS::Lambda::EventInvokeConfig' &&
      parseFunctionName(String(properties.FunctionName)).functionName === functionName,
  );
  if (all.length < 2) return;
  const ids = all.map(({ logicalId }) => logicalId).join(', ');
  throw new CloudError(
    `${functionName} has several configurations of asynchronous invocations (${ids}). The embedded cloud supports only one configuration for each function, including its versions and aliases.`,
  );
}

/** Creates the destination of a function's events. The function's role needs permission to send to the destination. */
export function destinationOf(runtime: Runtime, arn: string, role: string, errorPrefix: string): Destination {
  const deliver = deliveryTo(runtime, arn, { principal: { role }, errorPrefix });
  return (body, attributes) => deliver({ body, attributes });
}
