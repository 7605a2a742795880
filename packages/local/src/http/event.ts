import type { IncomingMessage } from 'node:http';
import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import { clfTime, type GatewayCall } from './access-log.ts';
import type { Match } from './routes.ts';

/** A request as received. */
export interface ReceivedRequest {
  path: string;
  query: string;
  headers: Record<string, string>;
  body: Buffer;
}

/**
 * The headers in the form of API Gateway, which joins repeated headers with a comma. Node.js joins repeated headers
 * with a comma and a space.
 */
export const headersOf = ({ headers, headersDistinct }: IncomingMessage): Record<string, string> =>
  Object.fromEntries(
    Object.entries(headers).map(([name, value]) => {
      const all = headersDistinct[name] ?? [];
      return [name, value === all.join(', ') ? all.join(',') : [value].flat().join(',')];
    }),
  );

/**
 * The event for the function, in payload format 2.0
 * (https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html).
 */
export function eventOf(
  call: GatewayCall,
  { route, pathParameters }: Match,
  { path, query, headers: { cookie, ...headers }, body }: ReceivedRequest,
): APIGatewayProxyEventV2 {
  const isText = /^(text\/|application\/(.*\+)?(json|xml)|application\/javascript)/.test(
    headers['content-type'] ?? 'text/',
  );
  const queryParameters = Map.groupBy(new URLSearchParams(query), ([name]) => name);
  return {
    version: '2.0',
    routeKey: route.key,
    rawPath: path,
    rawQueryString: query,
    ...(cookie && { cookies: cookie.split('; ') }),
    headers,
    ...(query && {
      queryStringParameters: Object.fromEntries(
        [...queryParameters].map(([name, values]) => [name, values.map(([, value]) => value).join(',')]),
      ),
    }),
    ...(route.key !== '$default' && Object.keys(pathParameters).length > 0 && { pathParameters }),
    requestContext: {
      ...contextOf(call, route.key, headers),
      ...(call.authorizer && { authorizer: call.authorizer }),
    },
    ...(body.length > 0 && { body: body.toString(isText ? 'utf8' : 'base64') }),
    isBase64Encoded: body.length > 0 && !isText,
  };
}

function contextOf(
  { requestId, startedAt, request, api, stage, path }: GatewayCall,
  routeKey: string,
  headers: Record<string, string>,
): Omit<APIGatewayProxyEventV2['requestContext'], 'authorizer'> {
  return {
    accountId: api.accountId,
    apiId: api.id,
    domainName: headers.host ?? '',
    domainPrefix: api.id,
    http: {
      method: request.method ?? 'GET',
      path,
      protocol: `HTTP/${request.httpVersion}`,
      sourceIp: request.socket.remoteAddress ?? '',
      userAgent: headers['user-agent'] ?? '',
    },
    requestId,
    routeKey,
    stage,
    time: clfTime(startedAt),
    timeEpoch: startedAt,
  };
}
