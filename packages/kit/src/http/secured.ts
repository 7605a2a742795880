import middy, { type MiddlewareObj } from '@middy/core';
import httpSecurityHeaders from '@middy/http-security-headers';
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';

/**
 * A request from an API Gateway HTTP API (payload format 2.0).
 * @public
 */
export type HttpEvent = APIGatewayProxyEventV2;

/**
 * A response to an API Gateway HTTP API.
 * @public
 */
export type HttpResponse = APIGatewayProxyStructuredResultV2;

/** Disables the security headers that matter only for HTML pages. */
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

function preventCaching({ response }: { response?: HttpResponse | null | undefined }): void {
  if (response) response.headers = { 'cache-control': 'no-store', ...response.headers };
}

/** Sets `no-store` unless the endpoint sets `cache-control`, because most responses contain personal data. */
const noStore: MiddlewareObj<HttpEvent, HttpResponse> = { after: preventCaching, onError: preventCaching };

/** The base of every function behind the HTTP API: HSTS, no MIME sniffing, no caching. */
export const secured = () => middy<HttpEvent, HttpResponse>().use(headers).use(noStore);
