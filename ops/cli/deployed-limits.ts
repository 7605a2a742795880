import { OperatorError } from 'rollcall/internal/stage/errors';
import type { Resource } from 'rollcall/internal/stage/resources';
import { registrationLimits } from '../../shared/config/registration-limits.ts';
import { smsSettings } from '../../shared/config/sms-settings.ts';

interface RouteSettings {
  ThrottlingRateLimit?: number;
}

/**
 * The limits that a stage was deployed with: of its API, of what takes messages, and what its functions are told.
 * @param prefix of the names of its functions
 * @throws {OperatorError} if something of it is not deployed
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
    registrations: registrationLimits.parse(told(resources, `${prefix}registration-register`, 'LIMITS')),
    sms: smsSettings.parse(told(resources, `${prefix}sms-consume`, 'SMS')),
    /** By function, how many batches it takes at once. */
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

/** What the environment of a function says under a name, as JSON. */
function told(resources: readonly Resource[], functionName: string, variable: string): unknown {
  const fn = resources.find(({ id }) => id === `function:${functionName}`);
  const { Variables = {} } = (fn?.properties.Environment ?? {}) as { Variables?: Record<string, unknown> };
  const value = Variables[variable];
  if (typeof value === 'string') return JSON.parse(value);
  throw new OperatorError(`${functionName} is not deployed, or is not told its ${variable}.`);
}
