import { type HttpApi, HttpMethod, HttpRoute, HttpRouteKey, type IHttpApi } from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import type { Route } from '../../shared/contracts/routes.ts';

/** Adds a route of the API to the stack of the service that answers it. What can be read takes HEAD as well. @returns its routes */
export function addRoute(
  scope: Construct,
  id: string,
  httpApi: HttpApi,
  route: Route | { method: 'ANY'; path: string } | 'everything else',
  fn: IFunction,
): HttpRoute[] {
  const integration = new HttpLambdaIntegration(`${id}Integration`, fn);
  const keys =
    route === 'everything else'
      ? [HttpRouteKey.DEFAULT]
      : [route.method, ...(route.method === 'GET' ? (['HEAD'] as const) : [])].map((method) =>
          HttpRouteKey.with(route.path, HttpMethod[method]),
        );
  return keys.map(
    (routeKey, index) =>
      new HttpRoute(scope, index === 0 ? id : `${id}Head`, {
        // CDK's own types do not fit one another under exactOptionalPropertyTypes.
        httpApi: httpApi as IHttpApi,
        routeKey,
        integration,
      }),
  );
}
