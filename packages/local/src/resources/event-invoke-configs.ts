import type { Destination } from '../lambda/asynchronous.ts';
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

/** AWS::Lambda::EventInvokeConfig: settings of asynchronous invocations. */
export const eventInvokeConfigs =
  (runtime: Runtime): ResourceProvider =>
  async ({ logicalId, properties }) => {
    const config = properties as unknown as EventInvokeConfigProperties;
    const { MaximumRetryAttempts, MaximumEventAgeInSeconds: seconds, DestinationConfig = {} } = config;
    const { asynchronous, settings } = functionOf(runtime, config.FunctionName);
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

/** The destination of a function's events, with the permissions of its role. */
export function destinationOf(runtime: Runtime, arn: string, role: string, why: string): Destination {
  const deliver = deliveryTo(runtime, arn, { principal: { role }, why });
  return (body, attributes) => deliver({ body, attributes });
}
