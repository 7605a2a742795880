import { AccessLogFormat } from 'aws-cdk-lib/aws-apigateway';
import {
  type CfnRoute,
  type CfnStage,
  type HttpRoute,
  HttpStage,
  type IHttpApi,
  LogGroupLogDestination,
} from 'aws-cdk-lib/aws-apigatewayv2';
import type { Construct } from 'constructs';
import type { Stage } from '../stages.ts';
import type { Api } from './api.ts';
import { ServiceLogGroup } from './service-log-group.ts';

/** Neither path nor address: these would be personal data. */
const LOGGED = {
  requestId: '$context.requestId',
  time: '$context.requestTime',
  route: '$context.routeKey',
  status: '$context.status',
  milliseconds: '$context.responseLatency',
  error: '$context.error.message',
  authorizerError: '$context.authorizer.error',
};

export interface ApiStageProps {
  stage: Stage;
  api: Api;
  /** What is limited more than the others, in requests a second. A stage can only limit routes that are there. */
  limits: ReadonlyArray<{ routes: readonly HttpRoute[]; perSecond: number }>;
}

/** What makes an API's routes reachable: the default stage, its throttling and its access log. */
export class ApiStage extends HttpStage {
  constructor(scope: Construct, id: string, { stage, api, limits }: ApiStageProps) {
    const logGroupName = `/aws/apigateway/rollcall-${stage.name}-api`;
    const accessLog = new ServiceLogGroup(scope, 'AccessLog', { stage, logGroupName });
    super(scope, id, {
      // CDK's own types do not fit one another under exactOptionalPropertyTypes.
      httpApi: api as IHttpApi,
      autoDeploy: true,
      accessLogSettings: {
        destination: new LogGroupLogDestination(accessLog),
        format: AccessLogFormat.custom(JSON.stringify(LOGGED)),
      },
    });
    const cfnStage = this.node.defaultChild as CfnStage;
    const { perSecond, burst } = stage.throttling;
    cfnStage.defaultRouteSettings = { throttlingRateLimit: perSecond, throttlingBurstLimit: burst };
    cfnStage.routeSettings = Object.fromEntries(
      limits.flatMap(({ routes, perSecond: rate }) =>
        routes.map((route) => [
          (route.node.defaultChild as CfnRoute).routeKey,
          { ThrottlingRateLimit: rate, ThrottlingBurstLimit: rate },
        ]),
      ),
    );
    cfnStage.node.addDependency(...limits.flatMap(({ routes }) => routes));
  }
}
