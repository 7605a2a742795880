import type { Route } from '@rollcall/kit/internal/contracts/route';
import { Aws, Stack, Validations } from 'aws-cdk-lib';
import {
  CfnIntegration,
  CorsHttpMethod,
  HttpApi,
  HttpMethod,
  HttpRoute,
  HttpRouteKey,
  type IHttpApi,
  type IHttpRouteAuthorizer,
} from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpIamAuthorizer, HttpJwtAuthorizer } from 'aws-cdk-lib/aws-apigatewayv2-authorizers';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import { CfnPermission, type IFunction } from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import { ServiceFunction } from './service-function.ts';
import type { Stage } from './stage.ts';

const PUBLIC = "Open to everybody, as the route's contract says: its function decides whom it serves.";

export interface ApiProps {
  stage: Stage;
  /** URL of the OpenID provider that issues callers' tokens. Called for the first route that takes a token. */
  issuer: () => string;
}

/**
 * The HTTP API to which each service adds its routes. Its stage is created last, because it refers to the routes that
 * it limits.
 */
export class Api extends HttpApi {
  readonly #stage: Stage;
  readonly #issuer: () => string;
  #byToken: HttpJwtAuthorizer | undefined;
  readonly #bySignature = new HttpIamAuthorizer();
  readonly #lastOf = new Map<Stack, HttpRoute>();
  readonly #functions = new Set<ServiceFunction>();

  constructor(scope: Construct, id: string, { stage, issuer }: ApiProps) {
    const { origins } = stage.cors;
    super(scope, id, {
      apiName: `${stage.app}-${stage.name}`,
      createDefaultStage: false,
      ...(origins.length > 0 && {
        corsPreflight: {
          allowOrigins: origins,
          allowMethods: [
            CorsHttpMethod.GET,
            CorsHttpMethod.POST,
            CorsHttpMethod.PUT,
            CorsHttpMethod.PATCH,
            CorsHttpMethod.DELETE,
          ],
          allowHeaders: ['authorization', 'content-type', 'idempotency-key', 'if-match', 'if-none-match', 'prefer'],
          exposeHeaders: ['etag', 'location', 'retry-after', 'ratelimit', 'ratelimit-policy'],
        },
      }),
    });
    this.#stage = stage;
    this.#issuer = issuer;
  }

  /** The functions behind its routes. */
  get functions(): readonly ServiceFunction[] {
    return [...this.#functions];
  }

  /** @returns the ARN of a method and path in IAM policies */
  arnOf({ method, path }: { method: string; path: string }): string {
    return `arn:${Aws.PARTITION}:execute-api:${Aws.REGION}:${Aws.ACCOUNT_ID}:${this.apiId}/$default/${method}${path}`;
  }

  /**
   * Adds a route to the stack of the service that implements it. GET routes also take HEAD.
   * @param scopes `checked`: API Gateway rejects a token without the stage's scope for the route's access before it
   * invokes the function
   * @returns its routes
   */
  addServiceRoute(
    scope: Construct,
    id: string,
    route: Route | 'everything else',
    fn: IFunction,
    scopes: 'checked' | 'left to the function' = 'left to the function',
  ): HttpRoute[] {
    if (fn instanceof ServiceFunction) this.#functions.add(fn);
    const integration = new HttpLambdaIntegration(`${id}Integration`, fn instanceof ServiceFunction ? fn.live : fn);
    const authorizer = route === 'everything else' ? undefined : this.#authorizerOf(route);
    const keys =
      route === 'everything else'
        ? [HttpRouteKey.DEFAULT]
        : [route.method, ...(route.method === 'GET' ? (['HEAD'] as const) : [])].map((method) =>
            HttpRouteKey.with(route.path, HttpMethod[method]),
          );
    const routes = keys.map((routeKey, index) => {
      const added = new HttpRoute(scope, index === 0 ? id : `${id}Head`, {
        // CDK's own types are not assignable to each other under exactOptionalPropertyTypes.
        httpApi: this as IHttpApi,
        routeKey,
        integration,
        ...(authorizer && { authorizer }),
        ...(scopes === 'checked' && route !== 'everything else' && this.#scopesOf(route)),
      });
      this.#makeAfterOthers(added);
      if (!authorizer) Validations.of(added).acknowledge({ id: 'AwsSolutions-APIG4', reason: PUBLIC });
      return added;
    });
    invokedWhenAllowed(routes);
    return routes;
  }

  /** Adds the routes that one function implements, by their ids in the stack. @returns the routes by id */
  addServiceRoutes<Id extends string>(
    scope: Construct,
    fn: IFunction,
    routes: Readonly<Record<Id, Route>>,
  ): Record<Id, HttpRoute[]> {
    const added = Object.entries<Route>(routes).map(([id, route]) => [id, this.addServiceRoute(scope, id, route, fn)]);
    return Object.fromEntries(added);
  }

  /**
   * Creates routes and integrations one after the other: an API rejects concurrent changes (ConflictException), which
   * CloudFormation reports as a failure (https://github.com/hashicorp/terraform-provider-aws/issues/37897,
   * https://github.com/brefphp/bref/issues/868).
   */
  #makeAfterOthers(route: HttpRoute): void {
    const stack = Stack.of(route);
    const last = this.#lastOf.get(stack);
    if (last) route.node.addDependency(last);
    this.#lastOf.set(stack, route);
  }

  #scopesOf({ access }: Route): { authorizationScopes?: string[] } {
    if (access === 'public' || access === 'services') return {};
    return { authorizationScopes: [this.#stage.tokens.scopes[access]] };
  }

  /** The authorizer of a route. Its function decides whether the token is valid for the requested resource. */
  #authorizerOf({ access }: Route): IHttpRouteAuthorizer | undefined {
    if (access === 'public') return undefined;
    if (access === 'services') return this.#bySignature;
    const { app, tokens } = this.#stage;
    this.#byToken ??= new HttpJwtAuthorizer('Tokens', this.#issuer(), { jwtAudience: [tokens.audience ?? app] });
    return this.#byToken;
  }
}

/**
 * Updates an integration after the permission for its new target exists: requests would fail in between. All routes of an
 * integration have one path, and one permission covers it.
 */
function invokedWhenAllowed(routes: readonly HttpRoute[]): void {
  const parts = routes.flatMap(({ node }) => node.findAll());
  const [permission] = parts.filter((one) => one instanceof CfnPermission);
  const [integration] = parts.filter((one) => one instanceof CfnIntegration);
  if (permission && integration) integration.addResourceDependency(permission);
}
