import { Duration } from 'aws-cdk-lib';
import { AccessLogFormat } from 'aws-cdk-lib/aws-apigateway';
import {
  type CfnRoute,
  type CfnStage,
  type HttpRoute,
  HttpStage,
  type IHttpApi,
  LogGroupLogDestination,
} from 'aws-cdk-lib/aws-apigatewayv2';
import { MathExpression } from 'aws-cdk-lib/aws-cloudwatch';
import { FilterPattern, MetricFilter } from 'aws-cdk-lib/aws-logs';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import type { Construct } from 'constructs';
import { raiseAlarm } from './alarms.ts';
import type { Api } from './api.ts';
import type { ServiceFunction } from './service-function.ts';
import { ServiceLogGroup } from './service-log-group.ts';
import { namespaceOf, serviceMetric } from './service-metric.ts';
import { prefixOf, type Stage } from './stage.ts';

/**
 * The fields of the access log. The path and the IP address are left out, because they can identify a person. The
 * caller is identified by the subject of its token (`subject`), or by the ARN of the principal that signed the request
 * (`userArn`) (https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-logging-variables.html).
 */
const LOGGED = {
  service: 'api',
  requestId: '$context.requestId',
  time: '$context.requestTime',
  route: '$context.routeKey',
  status: '$context.status',
  milliseconds: '$context.responseLatency',
  subject: '$context.authorizer.claims.sub',
  userArn: '$context.identity.userArn',
  error: '$context.error.message',
  authorizerError: '$context.authorizer.error',
};

export interface ApiStageProps {
  stage: Stage;
  api: Api;
  /**
   * The maximum requests a second of each route whose limit is lower than the stage's `throttling`. The routes must be
   * created before this API stage.
   */
  limits: ReadonlyArray<{ routes: readonly HttpRoute[]; perSecond: number }>;
  alarms: ITopic;
}

/**
 * The default API Gateway stage of the API, with throttling and an access log. Without an API Gateway stage, the routes
 * are not reachable.
 * @beta
 */
export class ApiStage extends HttpStage {
  constructor(scope: Construct, id: string, { stage, api, limits, alarms }: ApiStageProps) {
    const logGroupName = `/aws/apigateway/${prefixOf(stage)}api`;
    const accessLog = new ServiceLogGroup(scope, 'AccessLog', { stage, logGroupName });
    super(scope, id, {
      // CDK's own types are not assignable to each other under exactOptionalPropertyTypes.
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
    if (stage.monitoring) this.#countTooManyRequests(stage, accessLog);
    this.#raiseAlarms(stage, alarms, api.functions);
  }

  /** Counts responses with 429, which API Gateway's own metrics count only together with all other 4xx. */
  #countTooManyRequests(stage: Stage, logGroup: ServiceLogGroup): void {
    new MetricFilter(this, 'TooManyRequests', {
      logGroup,
      filterPattern: FilterPattern.stringValue('$.status', '=', '429'),
      metricNamespace: namespaceOf(stage),
      metricName: 'TooManyRequests',
      metricValue: '1',
      dimensions: { service: '$.service' },
    });
  }

  #raiseAlarms(stage: Stage, topic: ITopic, rollsBack: readonly ServiceFunction[]): void {
    const { errorPercent, p99Ms } = stage.apiAlarms;
    const period = Duration.minutes(1);
    raiseAlarm(this, {
      stage,
      topic,
      chapter: 'api-errors',
      rollsBack,
      metric: new MathExpression({
        expression: '100 * errors / requests',
        usingMetrics: {
          errors: this.metricServerError({ period, statistic: 'Sum' }),
          requests: this.metricCount({ period, statistic: 'Sum' }),
        },
        period,
      }),
      above: errorPercent,
      meaning: `More than ${errorPercent} % of the responses of the API are 5xx.`,
    });
    raiseAlarm(this, {
      stage,
      topic,
      chapter: 'api-slow',
      rollsBack,
      metric: this.metricLatency({ period, statistic: 'p99' }),
      above: p99Ms,
      minutes: 5,
      meaning: `One request to the API in a hundred takes longer than ${p99Ms} ms.`,
    });
    raiseAlarm(this, {
      stage,
      topic,
      chapter: 'too-many-requests',
      metric: serviceMetric(stage, 'api', 'TooManyRequests', 'Sum'),
      above: 60,
      meaning: 'More than one response a second is 429. Either a caller floods the API, or a limit is too low.',
    });
  }
}
