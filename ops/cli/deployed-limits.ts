import { OperatorError } from 'rollcall/internal/stage/errors';
import type { Resource } from 'rollcall/internal/stage/resources';
import { registrationLimits } from '../../shared/config/registration-limits.ts';
import { smsSettings } from '../../shared/config/sms-settings.ts';

interface RouteSettings {
  ThrottlingRateLimit?: number;
}

/**
 * Returns the deployed limits of a stage, from its API, its consumers, and the environments of its functions.
 * @param prefix common prefix of the functions' names
 * @throws {OperatorError} if a function is not deployed, or its environment lacks its limits
 */
export function deployedLimits(resources: readonly Resource[], prefix: string) {
  const ofType = (type: string) => resources.filter((resource) => resource.type === type);
  const [api] = ofType('AWS::ApiGatewayV2::Stage');
  const { DefaultRouteSettings, RouteSettings = {} } = (api?.properties ?? {}) as {
    DefaultRouteSettings?: RouteSettings;
    RouteSettings?: Record<string, RouteSettings>;
  };
  return {
    perSecond: DefaultRouteSettings?.ThrottlingRateLimit,
    routes: Object.entries(RouteSettings).map(([route, settings]) => [route, settings.ThrottlingRateLimit] as const),
    registrations: registrationLimits.parse(jsonVariable(resources, `${prefix}registration-register`, 'LIMITS')),
    sms: smsSettings.parse(jsonVariable(resources, `${prefix}sms-consume`, 'SMS')),
    /** The maximum number of concurrent batches, by function. */
    concurrency: ofType('AWS::Lambda::EventSourceMapping').flatMap(({ properties }) => {
      const { FunctionName, ScalingConfig } = properties as {
        FunctionName?: string;
        ScalingConfig?: { MaximumConcurrency?: number };
      };
      const most = ScalingConfig?.MaximumConcurrency;
      const fn = String(FunctionName).replace(`function:${prefix}`, '');
      return most === undefined ? [] : [[fn, most] as const];
    }),
  };
}

/** A JSON variable in the environment of a function. */
function jsonVariable(resources: readonly Resource[], functionName: string, variable: string): unknown {
  const fn = resources.find(({ id }) => id === `function:${functionName}`);
  const { Variables = {} } = (fn?.properties.Environment ?? {}) as { Variables?: Record<string, unknown> };
  const value = Variables[variable];
  if (typeof value === 'string') return JSON.parse(value);
  throw new OperatorError(`${functionName} is not deployed, or its environment lacks ${variable}.`);
}
