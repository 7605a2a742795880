import { createRemoteJWKSet, errors, type JWTPayload, jwtVerify } from 'jose';
import { type Access, AccessDenied } from '../iam/access.ts';
import { type SignedRequest, signedBy } from '../iam/signature.ts';
import type { GatewayCall } from './access-log.ts';

/**
 * The result of an authorizer: the authorizer's context in the event, or the status of the response to a refused
 * request.
 */
export type AuthorizationResult = { authorizer: NonNullable<GatewayCall['authorizer']> } | { refused: 401 | 403 };

/** @param route in IAM's form: `STAGE/METHOD/path` */
export type Authorize = (request: SignedRequest, route: string) => Promise<AuthorizationResult>;

/** @param scopes the route's scopes: a token needs at least one of these scopes; empty: no scope is required */
export type AuthorizeToken = (request: SignedRequest, scopes: readonly string[]) => Promise<AuthorizationResult>;

const UNAUTHORIZED = { refused: 401 } as const;
const FORBIDDEN = { refused: 403 } as const;
/** The minimum time between two fetches of the keys. A token with an unknown key id triggers a fetch. */
const MIN_KEY_REFETCH_INTERVAL_MS = 1_000;
/**
 * The algorithms that API Gateway accepts
 * (https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-jwt-authorizer.html).
 */
const ALGORITHMS = ['RS256', 'RS384', 'RS512'];

/** A claim as a string, as API Gateway formats it: a list becomes `[a b]`. */
function claimText(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(claimText).join(' ')}]`;
  return typeof value === 'object' && value !== null ? JSON.stringify(value) : String(value);
}

/** The scopes of a token. The claim `scope` or `scp` is a list, or a string with spaces between the scopes. */
const scopesIn = ({ scope, scp }: JWTPayload): string[] =>
  [scope ?? scp ?? []].flat().flatMap((text) => String(text).split(' '));

/**
 * A JWT authorizer of an HTTP API. It checks the signature, issuer, audience, times and scopes of a bearer token. The
 * token must contain the id of its key
 * (https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-jwt-authorizer.html).
 */
export function jwtAuthorizer({ issuer, audience }: { issuer: string; audience: string[] }): AuthorizeToken {
  let keys: Promise<ReturnType<typeof createRemoteJWKSet>> | undefined;

  async function findKeys() {
    const response = await fetch(`${issuer}/.well-known/openid-configuration`);
    if (!response.ok)
      throw new Error(
        `${issuer} is not an OpenID provider: the request for its configuration returned status ${response.status}`,
      );
    const { jwks_uri } = (await response.json()) as { jwks_uri: string };
    return createRemoteJWKSet(new URL(jwks_uri), { cooldownDuration: MIN_KEY_REFETCH_INTERVAL_MS });
  }

  return async ({ headers }, scopes) => {
    const token = headers.authorization?.replace(/^Bearer /i, '') ?? '';
    try {
      keys ??= findKeys();
      const { payload, protectedHeader } = await jwtVerify(token, await keys, {
        issuer,
        audience,
        algorithms: ALGORITHMS,
        requiredClaims: ['exp'],
      });
      const { iat = 0 } = payload;
      if (protectedHeader.kid === undefined || typeof iat !== 'number' || iat > Date.now() / 1000) return UNAUTHORIZED;
      if (scopes.length > 0 && !scopesIn(payload).some((scope) => scopes.includes(scope))) return FORBIDDEN;
      const claims = Object.fromEntries(Object.entries(payload).map(([name, value]) => [name, claimText(value)]));
      return { authorizer: { jwt: { claims, scopes: scopes.length > 0 ? scopes : null } } };
    } catch (error) {
      if (error instanceof errors.JOSEError) return UNAUTHORIZED;
      keys = undefined;
      throw error;
    }
  };
}

/** The IAM authorizer: requires a signature by a principal that is allowed to make the call. */
export function iamAuthorizer(access: Access, apiArn: string): Authorize {
  return async (request, route) => {
    const accessKey = await signedBy(request, { service: 'execute-api', region: access.region }, (key) =>
      access.secretOf(key),
    );
    if (accessKey === undefined) return FORBIDDEN;
    const resource = `${apiArn}/${route}`;
    try {
      access.authorize(accessKey, () => [{ action: 'execute-api:Invoke', resource }], 'execute-api');
    } catch (error) {
      if (error instanceof AccessDenied) return FORBIDDEN;
      throw error;
    }
    return { authorizer: { iam: { accessKey, ...access.identityOf(accessKey) } } };
  };
}
