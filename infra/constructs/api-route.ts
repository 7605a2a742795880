import { type HttpApi, HttpMethod, HttpRoute, HttpRouteKey, type IHttpApi } from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import type { Route } from '../../shared/contracts/routes.ts';

/** Adds a route of the API to the stack of the service that answers it. */
export function addRoute(
  scope: Construct,
  id: string,
  httpApi: HttpApi,
  route: Route | 'everything else',
  fn: IFunction,
): void {
  new HttpRoute(scope, id, {
    // CDK's own types do not fit one another under exactOptionalPropertyTypes.
    httpApi: httpApi as IHttpApi,
    routeKey:
      route === 'everything else' ? HttpRouteKey.DEFAULT : HttpRouteKey.with(route.path, HttpMethod[route.method]),
    integration: new HttpLambdaIntegration(`${id}Integration`, fn),
  });
}
