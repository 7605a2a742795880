import { createAccessLog } from '../http/access-log.ts';
import { type Authorize, iamAuthorizer, jwtAuthorizer } from '../http/authorizers.ts';
import type { Cors } from '../http/cors.ts';
import { HttpApi } from '../http/http-api.ts';
import { TIMEOUT_MS } from '../http/quotas.ts';
import { ApiStage } from '../http/stage.ts';
import { NO_TIMEOUT_MS } from '../lambda/debugger.ts';
import type { ResourceProvider } from '../template/resource.ts';
import { functionOf, qualifiedArn } from './function-of.ts';
import type { Runtime } from './runtime.ts';

/** AWS::ApiGatewayV2::Api, HTTP only. */
export const apis =
  (runtime: Runtime): ResourceProvider =>
  async ({ stack, logicalId, properties }) => {
    if (properties.ProtocolType !== 'HTTP')
      throw new Error(`the embedded cloud supports only HTTP APIs, not ${properties.ProtocolType}`);
    const id = `${stack}-${logicalId}`;
    const api = runtime.apis.get(id) ?? new HttpApi(id, runtime.accountId, runtime.meter);
    api.cors = properties.CorsConfiguration as Cors | undefined;
    runtime.apis.set(id, api);
    return { ref: id, attributes: { ApiId: id, ApiEndpoint: await runtime.openApi(api) } };
  };

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-apigatewayv2-integration.html */
const isTimeout = (ms: number) => ms >= 50 && ms <= TIMEOUT_MS;

/** AWS::ApiGatewayV2::Integration with a function. */
export const integrations =
  (runtime: Runtime): ResourceProvider =>
  async ({ stack, logicalId, properties }) => {
    const { IntegrationType, IntegrationUri, PayloadFormatVersion } = properties as Record<string, string>;
    const timeoutMs = Number(properties.TimeoutInMillis ?? TIMEOUT_MS);
    if (IntegrationType !== 'AWS_PROXY' || PayloadFormatVersion !== '2.0') {
      throw new Error('the embedded cloud supports only integrations with functions, in payload format 2.0');
    }
    if (!isTimeout(timeoutMs)) throw new Error(`TimeoutInMillis must be 50 to ${TIMEOUT_MS}, not ${timeoutMs}`);
    const id = `${stack}-${logicalId}`;
    runtime.integrations.set(id, {
      fn: functionOf(runtime, IntegrationUri ?? ''),
      arn: qualifiedArn(runtime, IntegrationUri ?? ''),
      timeoutMs: runtime.isDebugged ? NO_TIMEOUT_MS : timeoutMs,
    });
    return { ref: id };
  };

/** AWS::ApiGatewayV2::Route. */
export const routes =
  (runtime: Runtime): ResourceProvider =>
  async ({ logicalId, properties }) => {
    const {
      ApiId = '',
      RouteKey = '',
      Target = '',
      AuthorizationType = 'NONE',
      AuthorizerId = '',
    } = properties as Record<string, string>;
    const scopes = (properties.AuthorizationScopes ?? []) as string[];
    const apiArn = `arn:aws:execute-api:${runtime.region}:${runtime.accountId}:${ApiId}`;
    const authorizeBy: Record<string, () => Authorize | undefined> = {
      NONE: () => undefined,
      JWT: () => {
        const authorize = runtime.authorizers.get(AuthorizerId);
        return authorize && ((request) => authorize(request, scopes));
      },
      AWS_IAM: () => iamAuthorizer(runtime.access, apiArn),
    };
    const authorizer = authorizeBy[AuthorizationType];
    if (!authorizer) throw new Error(`the embedded cloud does not support authorizers of type ${AuthorizationType}`);
    if (properties.RequestParameters)
      throw new Error('the embedded cloud does not support RequestParameters of routes');
    const integration = runtime.integrations.get(Target.replace(/^integrations\//, ''));
    if (!integration) throw new Error(`there is no integration ${Target}`);
    const { fn, arn, timeoutMs } = integration;
    runtime.apis.get(ApiId)?.addRoute(RouteKey, () => fn, authorizer(), timeoutMs);
    const path = RouteKey === '$default' ? '/$default' : RouteKey.split(' ')[1];
    runtime.checks.push(() => {
      for (const stage of runtime.apis.get(ApiId)?.stageNames ?? [])
        runtime.access.require(
          {
            principal: { service: 'apigateway.amazonaws.com', source: `${apiArn}/${stage}/ANY${path}` },
            action: 'lambda:InvokeFunction',
            resource: arn,
          },
          `route ${RouteKey}`,
        );
    });
    return { ref: logicalId };
  };

interface AuthorizerProperties {
  AuthorizerType: string;
  JwtConfiguration?: { Issuer: string; Audience: string[] };
}

/** AWS::ApiGatewayV2::Authorizer for JSON Web Tokens. */
export const authorizers =
  (runtime: Runtime): ResourceProvider =>
  async ({ stack, logicalId, properties }) => {
    const { AuthorizerType, JwtConfiguration } = properties as unknown as AuthorizerProperties;
    if (AuthorizerType !== 'JWT' || !JwtConfiguration) {
      throw new Error(`the embedded cloud supports only JWT authorizers, not ${AuthorizerType}`);
    }
    const { Issuer: issuer, Audience: audience } = JwtConfiguration;
    const id = `${stack}-${logicalId}`;
    runtime.authorizers.set(id, jwtAuthorizer({ issuer, audience }));
    if (issuer === runtime.issuer.url) runtime.issuer.audience = audience[0] ?? '';
    return { ref: id, attributes: { AuthorizerId: id } };
  };

interface StageProperties {
  ApiId: string;
  StageName: string;
  DefaultRouteSettings?: RouteSettings;
  RouteSettings?: Record<string, RouteSettings>;
  AccessLogSettings?: AccessLogSettings;
}

interface AccessLogSettings {
  DestinationArn: string;
  Format: string;
}

interface RouteSettings {
  ThrottlingRateLimit?: number;
  ThrottlingBurstLimit?: number;
}

/**
 * The account's limits. They apply to routes for which the stage sets no limits
 * (https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html).
 */
const ACCOUNT_LIMITS = { rate: 10_000, burst: 5_000 };

const throttlingOf = ({ ThrottlingRateLimit, ThrottlingBurstLimit }: RouteSettings = {}) => ({
  rate: ThrottlingRateLimit ?? ACCOUNT_LIMITS.rate,
  burst: ThrottlingBurstLimit ?? ACCOUNT_LIMITS.burst,
});

/** AWS::ApiGatewayV2::Stage, with its throttling and its access log. */
export const apiStages =
  (runtime: Runtime): ResourceProvider =>
  async ({ properties }) => {
    const {
      ApiId,
      StageName,
      DefaultRouteSettings,
      RouteSettings = {},
      AccessLogSettings,
    } = properties as unknown as StageProperties;
    const throttlingOfRoute = (key: string) => throttlingOf(RouteSettings[key] ?? DefaultRouteSettings);
    const log = AccessLogSettings && accessLogOf(AccessLogSettings, runtime);
    runtime.apis.get(ApiId)?.addStage(new ApiStage(StageName, throttlingOfRoute, log));
    return { ref: StageName };
  };

/**
 * Creates an access log. The log's file is beside the functions' logs, and is named after the last part of the log
 * group's name.
 */
function accessLogOf({ DestinationArn, Format }: AccessLogSettings, { log, meter }: Runtime) {
  const [, group] = /^arn:aws:logs:[^:]*:[^:]*:log-group:([^:]+)/.exec(DestinationArn) ?? [];
  if (group === undefined)
    throw new Error(`the embedded cloud can write access logs only to log groups, not to ${DestinationArn}`);
  const name = group.split('/').at(-1) ?? '';
  return createAccessLog(Format, (line) => {
    meter?.recordAccessLog(line);
    log(name, line);
  });
}
