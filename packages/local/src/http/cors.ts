/**
 * `CorsConfiguration` of an HTTP API
 * (https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-cors.html).
 */
export interface Cors {
  AllowCredentials?: boolean;
  AllowOrigins?: string[];
  AllowMethods?: string[];
  AllowHeaders?: string[];
  ExposeHeaders?: string[];
  MaxAge?: number;
}

type Headers = Record<string, string>;

/** Whether web pages of an origin may use the API. */
export const allowsOrigin = ({ AllowOrigins = [] }: Cors, origin: string | undefined): origin is string =>
  origin !== undefined && AllowOrigins.some((allowed) => matches(allowed, origin));

/** `*` matches every origin. `https://*` and `http://*` match every origin with this scheme. */
const matches = (allowed: string, origin: string) =>
  allowed.endsWith('*') ? origin.startsWith(allowed.slice(0, -1)) : allowed === origin;

/** The CORS headers of a response; no headers if the origin of the page is not allowed. */
export function corsHeaders(cors: Cors, { origin }: Headers): Headers {
  if (!allowsOrigin(cors, origin)) return {};
  const { AllowOrigins, AllowCredentials = false, ExposeHeaders = [] } = cors;
  return {
    ...(AllowOrigins?.includes('*')
      ? { 'access-control-allow-origin': '*' }
      : { 'access-control-allow-origin': origin, vary: 'Origin' }),
    ...(AllowCredentials && { 'access-control-allow-credentials': 'true' }),
    ...(ExposeHeaders.length > 0 && { 'access-control-expose-headers': ExposeHeaders.join(',') }),
  };
}

/**
 * The headers of the response to a preflight request, for which no function is invoked; undefined: the request is not a
 * preflight request.
 */
export function preflight(cors: Cors, method: string | undefined, headers: Headers): Headers | undefined {
  if (method !== 'OPTIONS' || !headers.origin || !headers['access-control-request-method']) return undefined;
  if (!allowsOrigin(cors, headers.origin)) return {};
  const { AllowMethods = [], AllowHeaders = [], MaxAge } = cors;
  return {
    ...corsHeaders(cors, headers),
    'access-control-allow-methods': AllowMethods.join(','),
    'access-control-allow-headers': AllowHeaders.join(','),
    ...(MaxAge !== undefined && { 'access-control-max-age': String(MaxAge) }),
  };
}
