import middy, { type MiddlewareObj } from '@middy/core';
import httpSecurityHeaders from '@middy/http-security-headers';
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';

/**
 * A request, as an HTTP API of API Gateway hands it over (payload format 2.0).
 * @public
 */
export type HttpEvent = APIGatewayProxyEventV2;

/**
 * An answer, as an HTTP API takes it.
 * @public
 */
export type HttpResponse = APIGatewayProxyStructuredResultV2;

/** Of the headers that middy knows, those that mean something for JSON; the rest is for pages. */
const headers = httpSecurityHeaders({
  contentSecurityPolicy: false,
  crossOriginEmbedderPolicy: false,
  crossOriginOpenerPolicy: false,
  crossOriginResourcePolicy: false,
  dnsPrefetchControl: false,
  downloadOptions: false,
  frameOptions: false,
  originAgentCluster: false,
  permissionsPolicy: false,
  permittedCrossDomainPolicies: false,
  xssProtection: false,
});

function keepOut({ response }: { response?: HttpResponse | null | undefined }): void {
  if (response) response.headers = { 'cache-control': 'no-store', ...response.headers };
}

/** No cache keeps an answer, unless it says that one may: most are about somebody. */
const noStore: MiddlewareObj<HttpEvent, HttpResponse> = { after: keepOut, onError: keepOut };

/** The beginning of every function behind the HTTP API: HSTS, no sniffing, no storing. */
export const secured = () => middy<HttpEvent, HttpResponse>().use(headers).use(noStore);
