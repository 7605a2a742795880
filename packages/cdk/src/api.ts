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

const PUBLIC =
  'The contract of the route makes the route public: the function of the route decides which requests to accept.';

export interface ApiProps {
  stage: Stage;
  /**
   * Returns the URL of the OpenID provider that issues callers' tokens. Called for the first route that requires a
   * token.
   */
  issuer: () => string;
}

/**
 * The HTTP API to which each service adds its routes. The API Gateway stage is created last, because it refers to the
 * routes that have lower limits than others.
 */
export class Api extends HttpApi {
  readonly #stage: Stage;
  readonly #issuer: () => string;
  #tokenAuthorizer: HttpJwtAuthorizer | undefined;
  readonly #signatureAuthorizer = new HttpIamAuthorizer();
  readonly #lastRouteOf = new Map<Stack, HttpRoute>();
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

  /** The functions that implement the routes. */
  get functions(): readonly ServiceFunction[] {
    return [...this.#functions];
  }

  /** The ARN of a method and path in IAM policies. */
  arnOf({ method, path }: { method: string; path: string }): string {
    return `arn:${Aws.PARTITION}:execute-api:${Aws.REGION}:${Aws.ACCOUNT_ID}:${this.apiId}/$default/${method}${path}`;
  }

  /**
   * Adds a route to the stack of the service that implements it. A GET route also accepts HEAD.
   * @param scopes which component checks the scopes of tokens. `checked`: before API Gateway invokes the function, API
   * Gateway checks that the token has the scope that the stage's settings require for the route's `access`
   * @returns the created routes
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
      this.#createInSequence(added);
      if (!authorizer) Validations.of(added).acknowledge({ id: 'AwsSolutions-APIG4', reason: PUBLIC });
      return added;
    });
    updateAfterPermission(routes);
    return routes;
  }

  /**
   * Adds the routes that one function implements.
   * @param routes the routes by construct id
   * @returns the created routes by the same ids
   */
  addServiceRoutes<Id extends string>(
    scope: Construct,
    fn: IFunction,
    routes: Readonly<Record<Id, Route>>,
  ): Record<Id, HttpRoute[]> {
    const added = Object.entries<Route>(routes).map(([id, route]) => [id, this.addServiceRoute(scope, id, route, fn)]);
    return Object.fromEntries(added);
  }

  /**
   * Creates the routes and integrations of a stack one after the other, because an API rejects concurrent changes
   * (ConflictException), and such a rejection fails the deployment
   * (https://github.com/hashicorp/terraform-provider-aws/issues/37897, https://github.com/brefphp/bref/issues/868).
   */
  #createInSequence(route: HttpRoute): void {
    const stack = Stack.of(route);
    const last = this.#lastRouteOf.get(stack);
    if (last) route.node.addDependency(last);
    this.#lastRouteOf.set(stack, route);
  }

  #scopesOf({ access }: Route): { authorizationScopes?: string[] } {
    if (access === 'public' || access === 'services') return {};
    return { authorizationScopes: [this.#stage.tokens.scopes[access]] };
  }

  /** The authorizer of a route. The route's function decides whether the token is valid for the requested resource. */
  #authorizerOf({ access }: Route): IHttpRouteAuthorizer | undefined {
    if (access === 'public') return undefined;
    if (access === 'services') return this.#signatureAuthorizer;
    const { app, tokens } = this.#stage;
    this.#tokenAuthorizer ??= new HttpJwtAuthorizer('Tokens', this.#issuer(), {
      jwtAudience: [tokens.audience ?? app],
    });
    return this.#tokenAuthorizer;
  }
}

/**
 * Makes a deployment update an integration only after the permission for the integration's new target exists.
 * Otherwise, requests would fail until the permission exists. CDK creates one permission per integration. This
 * permission covers all routes of the integration, because these routes have the same path.
 */
function updateAfterPermission(routes: readonly HttpRoute[]): void {
  const parts = routes.flatMap(({ node }) => node.findAll());
  const [permission] = parts.filter((one) => one instanceof CfnPermission);
  const [integration] = parts.filter((one) => one instanceof CfnIntegration);
  if (permission && integration) integration.addResourceDependency(permission);
}
